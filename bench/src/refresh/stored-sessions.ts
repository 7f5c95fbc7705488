import { DatabaseSync } from "node:sqlite";
import pg from "pg";

export type Database = { readonly sqlite: string } | { readonly postgres: string };

/** Puts living sessions from one number to another into the tables, ten an account, as nobody could sign in. */
export async function storeSessions(database: Database, from: number, to: number): Promise<void> {
  if ("sqlite" in database) {
    const file = new DatabaseSync(database.sqlite);
    for (const statement of statements("", from, to)) file.exec(statement);
    file.close();
    return;
  }
  const client = new pg.Client(database.postgres);
  await client.connect();
  for (const statement of statements("countersign.", from, to)) await client.query(statement);
  await client.query("vacuum analyze");
  await client.end();
}

function statements(schema: string, from: number, to: number): string[] {
  const now = Date.now();
  const end = now + 14 * 24 * 60 * 60 * 1000;
  const counted = (first: number, last: number) =>
    `with recursive counted (n) as (select ${first} union all select n + 1 from counted where n < ${last})`;
  return [
    `${counted(from / 10, to / 10 - 1)} insert into ${schema}accounts (id, email, name, version, created_at)
      select 'stored account ' || n, n || '@example.com', 'somebody', 1, ${now} from counted`,
    `${counted(from, to - 1)} insert into ${schema}sessions (id, account_id, client_id, gen, gen_at, late, streak, salt,
        secret_version, version, auth_time, amr, acr, idle_end, abs_end, created_at, minted_at)
      select 'stored session ' || n, 'stored account ' || (n / 10), 'cli', 0, ${now}, 0, 0, 'AAAAAAAAAAAAAAAAAAAAAA', 1, 1,
        ${now}, '["pwd"]', '1fa', ${end} + n, ${end} + n, ${now}, ${now} from counted`,
  ];
}
