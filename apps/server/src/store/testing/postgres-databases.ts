import { Kysely } from "kysely";
import pg from "pg";
import type { TestPostgres } from "../../testing/postgres.ts";
import { openPostgres } from "../postgres.ts";
import { postgresDialect } from "../postgres-dialect.ts";
import type { Schema } from "../schema.ts";
import type { Store } from "../store.ts";
import type { TestDatabase, TestDatabases } from "./setting.ts";

export interface PostgresDatabase extends TestDatabase {
  readonly url: string;
}

/** Databases on a server that runs once the first one is asked for. */
export function postgresDatabases(server: () => TestPostgres): TestDatabases<PostgresDatabase> {
  let template: Promise<string> | undefined;
  return {
    empty: async () => createDatabase(await server().url()),
    async migrated() {
      template ??= migrate(await server().url());
      return createDatabase(await server().url(await template));
    },
  };
}

async function migrate(url: string): Promise<string> {
  const store = openPostgres({ connection: url });
  await store.migrate();
  await store.close();
  return url;
}

function createDatabase(url: string): PostgresDatabase {
  const opened: Store[] = [];
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => {});
  const kysely = new Kysely<Schema>({ dialect: postgresDialect(pool, { timeoutMs: 5000 }) });
  return {
    url,
    async open() {
      const store = openPostgres({ connection: url });
      opened.push(store);
      return store;
    },
    raw: () => kysely,
    async close() {
      await Promise.all(opened.map((store) => store.close()));
      await pool.end();
    },
  };
}
