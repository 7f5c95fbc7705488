import { close, fdatasync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { Syncing } from "./group-commit.ts";

/**
 * Syncs the write-ahead log of a database on libuv's pool, where SQLite would do it on the event loop. SQLite keeps the
 * file for as long as a connection is open: it is overwritten from its beginning, never replaced.
 */
export function openWriteAheadLog(database: DatabaseSync): Syncing {
  const log = openSync(`${database.location()}-wal`, "r+");
  return {
    sync: () => promisify(fdatasync)(log),
    close: () => promisify(close)(log),
  };
}
