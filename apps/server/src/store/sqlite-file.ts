import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** How long opening waits for another process that is opening the same file. */
const OPENING_MS = 5000;

/**
 * Opens a database file for its owner alone (0600), and makes it and its folder where they are missing.
 *
 * A commit is on disk when it returns (`synchronous = FULL`) and survives a power cut; readers are not held up by the
 * writer (WAL). Does not create the schema.
 */
export function openSqliteFile(file: string): DatabaseSync {
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives its `-wal` and `-shm` files the mode of the database itself, so that one is made first.
  closeSync(openSync(path, "a", 0o600));
  for (const each of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(each)) chmodSync(each, 0o600);
  const database = new DatabaseSync(path, { timeout: OPENING_MS, enableForeignKeyConstraints: true, defensive: true });
  try {
    const mode = database.prepare("pragma journal_mode = wal").get()?.["journal_mode"];
    if (mode !== "wal") throw new Error(`the file system of ${path} cannot hold a write-ahead log`);
    database.exec("pragma synchronous = full");
    // From here on waiting is the driver's business, which does it without holding up the process.
    database.exec("pragma busy_timeout = 0");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
