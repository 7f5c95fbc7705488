import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** How long opening waits for another process that is opening the same file. */
const OPENING_MS = 5000;
/**
 * How long the log grows, in pages of 4 KiB, before it is moved into the database: within a commit, which then does wait
 * for the disk. Sign-ins without pause fill it in about a quarter of a minute.
 */
const CHECKPOINT_PAGES = 8192;

/**
 * Opens a database file for its owner alone (0600), and makes it and its folder where they are missing.
 *
 * Readers are not held up by the writer (WAL). A commit survives the end of the process, and a power cut only when the log
 * has been synced after it (`synchronous = NORMAL`): the driver's business. Does not create the schema.
 */
export function openSqliteFile(file: string): DatabaseSync {
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite gives its `-wal` and `-shm` files the mode of the database itself, so that one is made first.
  // Never where it is there: whoever closes a database file takes the locks of its own process off it.
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  for (const each of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(each)) chmodSync(each, 0o600);
  const database = new DatabaseSync(path, { timeout: OPENING_MS, enableForeignKeyConstraints: true, defensive: true });
  try {
    const mode = database.prepare("pragma journal_mode = wal").get()?.["journal_mode"];
    if (mode !== "wal") throw new Error(`the file system of ${path} cannot hold a write-ahead log`);
    database.exec("pragma synchronous = normal");
    database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    // What a predecessor left in the log, it may have failed to sync. This moves it into the database and syncs that.
    database.exec("pragma wal_checkpoint(passive)");
    // From here on waiting is the driver's business, which does it without holding up the process.
    database.exec("pragma busy_timeout = 0");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
