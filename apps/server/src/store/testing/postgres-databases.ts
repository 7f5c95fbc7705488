import { Kysely, sql } from "kysely";
import pg from "pg";
import { inSchema } from "../kysely-store.ts";
import { openPostgres } from "../postgres.ts";
import { postgresDialect } from "../postgres-dialect.ts";
import { DEFAULT_SCHEMA } from "../postgres-schema.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";
import type { TestDatabase, TestDatabases } from "./setting.ts";

export interface PostgresDatabase extends TestDatabase {
  readonly url: string;
}

/**
 * A migrated database is emptied and used again, because making one costs more than most tests: a test that changes the
 * schema takes an empty one and migrates it.
 *
 * @param newUrl makes an empty one
 */
export function postgresDatabases(newUrl: () => Promise<string>): TestDatabases<PostgresDatabase> {
  const free: string[] = [];
  const empty = async () => createDatabase(await newUrl());
  return {
    empty,
    async migrated() {
      const url = free.pop();
      const database = url === undefined ? await empty() : createDatabase(url);
      if (url === undefined) await (await database.open()).migrate();
      return {
        ...database,
        async close() {
          await deleteRows(database.raw());
          await database.close();
          free.push(database.url);
        },
      };
    },
  };
}

async function deleteRows(db: Kysely<Schema>): Promise<void> {
  const tables = await sql<{
    name: string;
  }>`select tablename as name from pg_tables where schemaname = ${DEFAULT_SCHEMA}
    and tablename not in ('revocation_counter', 'countersign_migrations', 'countersign_migrations_lock')`.execute(db);
  const deletions = tables.rows.map(({ name }) => `delete from ${name};`).join("");
  // Triggers keep the audit, but not from this: the role that replicas write as.
  await sql`set local session_replication_role = replica; ${sql.raw(deletions)} update revocation_counter set last = 0`.execute(
    db,
  );
}

function createDatabase(url: string): PostgresDatabase {
  const opened: Store[] = [];
  // Raw SQL of a test finds our tables by this path, and makes its own where anybody would. The stores have none.
  const pool = new pg.Pool({ connectionString: url, max: 2, options: `-c search_path=public,${DEFAULT_SCHEMA}` });
  pool.on("error", () => {});
  const dialect = postgresDialect(pool, { timeoutMs: 5000 });
  const kysely = inSchema(new Kysely<Schema>({ dialect }), DEFAULT_SCHEMA);
  return {
    url,
    async open() {
      const store = openPostgres({ connection: url });
      opened.push(store);
      return store;
    },
    raw: () => kysely,
    schema: DEFAULT_SCHEMA,
    async close() {
      await Promise.all(opened.map((store) => store.close()));
      await pool.end();
    },
  };
}
