import { DatabaseSync, StatementSync } from "node:sqlite";
import { importMasterKey, systemWorld } from "@countersign/tokens";
import pg from "pg";
import { openPostgres } from "../../store/postgres.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { createAudit } from "../audit.ts";
import { openAuditKeys } from "../audit-keys.ts";
import { createAuditSealer } from "../audit-sealer.ts";

/** A sealer that dies, as by a power cut, before the so manieth statement that it sends. JSON in the first argument. */
export interface AuditCrash {
  readonly database: { readonly sqlite: string } | { readonly postgres: string };
  readonly statement: number;
}

const { database, statement } = JSON.parse(process.argv[2] ?? "") as AuditCrash;
let armed = false;
let sent = 0;

/** Counts what goes to the database by this method. */
function count(prototype: object, method: string): void {
  const original: (...given: unknown[]) => unknown = Reflect.get(prototype, method);
  Reflect.set(prototype, method, function (this: unknown, ...given: unknown[]) {
    if (armed) sent += 1;
    if (sent === statement) process.kill(process.pid, "SIGKILL");
    return original.apply(this, given);
  });
}
count(DatabaseSync.prototype, "exec");
for (const method of ["all", "run"]) count(StatementSync.prototype, method);
count(pg.Client.prototype, "query");

const store =
  "sqlite" in database
    ? await openSqlite({ file: database.sqlite, world: systemWorld })
    : openPostgres({ connection: database.postgres });
const masterKeys = [await importMasterKey(new Uint8Array(32).fill(7))] as const;
const keys = await openAuditKeys({
  store,
  world: systemWorld,
  audit: createAudit({ store, world: systemWorld }),
  masterKeys,
});
armed = true;
await createAuditSealer({ issuer: "https://auth.example", store, keys }).seal();
// Whoever gets here has sealed everything, which the exit code tells.
process.exit(0);
