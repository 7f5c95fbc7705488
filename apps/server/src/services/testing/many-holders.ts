import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { IssuerOptions } from "../../issuer-options.ts";

/** Accounts that hold a role, more than anybody could sign in. */
export interface ManyHolders {
  readonly role: string;
  readonly count: number;
  /** How many of them got tokens at `at`; each has a session, the others an old one. */
  readonly minters: number;
  /** Milliseconds. */
  readonly at: number;
}

/** Puts them in as rows, in any database that the issuer knows. */
export async function putHolders({ database }: IssuerOptions, holders: ManyHolders): Promise<void> {
  if ("sqlite" in database) {
    const file = new DatabaseSync(database.sqlite, { timeout: 5000 });
    for (const statement of statements("", holders)) file.exec(statement);
    file.close();
    return;
  }
  const client = new pg.Client(String(database.postgres));
  await client.connect();
  for (const statement of statements("countersign.", holders)) await client.query(statement);
  await client.query("analyze");
  await client.end();
}

function statements(schema: string, { role, count, minters, at }: ManyHolders): string[] {
  const counted = `with recursive counted (n) as (select 1 union all select n + 1 from counted where n < ${count})`;
  return [
    `${counted} insert into ${schema}accounts (id, email, name, version, created_at)
      select 'holder ' || n, n || '@example.com', 'somebody', 1, 0 from counted`,
    `${counted} insert into ${schema}role_grants (account_id, role) select 'holder ' || n, '${role}' from counted`,
    `${counted} insert into ${schema}sessions (id, account_id, client_id, gen, gen_at, late, streak, salt,
        secret_version, version, auth_time, amr, acr, idle_end, abs_end, created_at, minted_at)
      select 'session ' || n, 'holder ' || n, 'cli', 0, 0, 0, 0, 'salt', 1, 1, 0, '["pwd"]', '1fa', ${at + 1e9},
        ${at + 1e9}, 0, case when n <= ${minters} then ${at} else 0 end from counted`,
  ];
}
