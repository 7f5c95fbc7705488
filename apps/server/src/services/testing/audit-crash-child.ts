import { importMasterKey, systemWorld } from "@countersign/tokens";
import { openPostgres } from "../../store/postgres.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { createAudit } from "../audit/audit.ts";
import { openAuditKeys } from "../audit/audit-keys.ts";
import { createAuditSealer } from "../audit/audit-sealer.ts";
import { dieAtStatement } from "./die-at-statement.ts";

/** A sealer that dies, as by a power cut, before the so manieth statement that it sends. JSON in the first argument. */
export interface AuditCrash {
  readonly database: { readonly sqlite: string } | { readonly postgres: string };
  readonly statement: number;
}

const { database, statement } = JSON.parse(process.argv[2] ?? "") as AuditCrash;

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
dieAtStatement(statement);
await createAuditSealer({ issuer: "https://auth.example", store, keys }).seal();
// Whoever gets here has sealed everything, which the exit code tells.
process.exit(0);
