import { close, fdatasync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { Syncing } from "./group-commit.ts";

/**
 * Syncs the write-ahead log of a database on libuv's pool, where SQLite would do it on the event loop. `openSqliteFile` has
 * made the file, and SQLite keeps it for as long as a connection is open: it is overwritten from its beginning, never
 * replaced.
 *
 * @throws {Error} where there is no such file
 */
export function openWriteAheadLog(database: DatabaseSync): Syncing {
  const log = openSync(`${database.location()}-wal`, "r+");
  return {
    sync: () => promisify(fdatasync)(log),
    close: () => promisify(close)(log),
  };
}
