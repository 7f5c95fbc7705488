import { DatabaseSync } from "node:sqlite";
import pg from "pg";

export type Database = { readonly sqlite: string } | { readonly postgres: string };

/** Puts living sessions from one number to another into the tables, ten an account, as nobody could sign in. */
export async function storeSessions(database: Database, from: number, to: number): Promise<void> {
  if ("sqlite" in database) await run(database, statements("", from, to));
  else await run(database, [...statements("countersign.", from, to), "vacuum analyze"]);
}

/**
 * Has every generation be ten seconds old as soon as it is made, so that it may be rotated at once: a session that is asked
 * without a pause would else be answered with the same generation.
 */
export async function ageGenerations(database: Database): Promise<AsyncDisposable> {
  const [make, drop] = "sqlite" in database ? ageing.sqlite : ageing.postgres;
  await run(database, make);
  return { [Symbol.asyncDispose]: () => run(database, drop) };
}

const ageing = {
  sqlite: [
    [
      `create trigger age after update of gen on sessions begin
        update sessions set gen_at = new.gen_at - 10000 where id = new.id;
      end`,
    ],
    ["drop trigger age"],
  ],
  postgres: [
    [
      `create function countersign.age() returns trigger language plpgsql as
        $$ begin new.gen_at := new.gen_at - 10000; return new; end $$`,
      `create trigger age before update of gen on countersign.sessions for each row execute function countersign.age()`,
    ],
    ["drop function countersign.age() cascade"],
  ],
} as const;

async function run(database: Database, all: readonly string[]): Promise<void> {
  if ("sqlite" in database) {
    const file = new DatabaseSync(database.sqlite);
    for (const statement of all) file.exec(statement);
    file.close();
    return;
  }
  const client = new pg.Client(database.postgres);
  await client.connect();
  for (const statement of all) await client.query(statement);
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
