import { type Kysely, PostgresAdapter, sql } from "kysely";
import type { Migration } from "kysely/migration";

// A migration is frozen once released, so it names its tables itself instead of using today's schema.
type Tables = Record<"audit" | "audit_unsealed" | "audit_before" | "audit_seals" | "audit_retention", Entry>;
type Entry = Record<keyof typeof fields, string>;
type Db = Kysely<Tables>;

const fields = {
  id: "text",
  at: "bigint",
  event: "text",
  outcome: "text",
  actor: "text?",
  subject: "text?",
  session: "text?",
  address: "text?",
  detail: "text",
} as const;
const names = Object.keys(fields) as (keyof typeof fields)[];

/**
 * The audit as a chain: entries wait in `audit_unsealed` until the sealer moves them to `audit`, with a number and a
 * hash. What was written stays: triggers keep a mistake, and SQL that comes in through the server, from changing it.
 */
export const auditChain: Migration = {
  async up(db: Db) {
    await createTable(db, "audit_unsealed", fields, "id");
    await move(db, "audit", "audit_unsealed");
    await db.schema.dropTable("audit").execute();
    await createTable(db, "audit", { seq: "bigint", hash: "text", ...fields }, "seq");
    await createTable(db, "audit_seals", { seq: "bigint", seal: "text" }, "seq");
    const key = { kid: "text", public_jwk: "text", sealed: "text", created_at: "bigint" } as const;
    await createTable(db, "audit_keys", key, "kid");
    await db.schema
      .createTable("audit_retention")
      .addColumn("through", "bigint", (to) => to.notNull())
      .addPrimaryKeyConstraint("audit_retention_key", ["through"])
      .addForeignKeyConstraint("audit_retention_through", ["through"], "audit_seals", ["seq"])
      .execute();

    await createIndex(db, "audit_unsealed", ["at", "id"]);
    await db.schema.createIndex("audit_by_id").unique().on("audit").column("id").execute();
    await createIndex(db, "audit", ["at", "id"]);
    for (const column of ["event", "outcome", "actor", "subject", "session", "address"]) {
      await createIndex(db, "audit", [column, "at", "id"]);
    }
    for (const rule of rulesOf(db)) await (isPostgres(db) ? addPostgresRule(db, rule) : addSqliteRule(db, rule));
  },
  async down(db: Db) {
    await createTable(db, "audit_before", fields, "id");
    for (const table of ["audit_unsealed", "audit"] as const) await move(db, table, "audit_before");
    for (const table of ["audit_retention", "audit_unsealed", "audit", "audit_seals", "audit_keys"]) {
      await db.schema.dropTable(table).execute();
    }
    if (isPostgres(db)) {
      for (const rule of rulesOf(db)) await sql.raw(`drop function ${functionOf(rule)}()`).execute(db);
    }
    await createTable(db, "audit", fields, "id");
    await move(db, "audit_before", "audit");
    await db.schema.dropTable("audit_before").execute();
    await createIndex(db, "audit", ["at", "id"]);
    await createIndex(db, "audit", ["event", "at", "id"]);
  },
};

async function createTable(
  db: Db,
  name: string,
  columns: Readonly<Record<string, `${"text" | "bigint"}${"" | "?"}`>>,
  key: string,
): Promise<void> {
  let table = db.schema.createTable(name);
  for (const [column, kind] of Object.entries(columns)) {
    const type = sql.raw(kind.replace("?", ""));
    table = table.addColumn(column, type, (to) => (kind.endsWith("?") ? to : to.notNull()));
  }
  await table.addPrimaryKeyConstraint(`${name}_key`, [key as never]).execute();
}

async function createIndex(db: Db, table: string, columns: readonly string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join("_")}`)
    .on(table)
    .columns([...columns])
    .execute();
}

async function move(db: Db, from: keyof Tables, to: keyof Tables): Promise<void> {
  await db.insertInto(to).columns(names).expression(db.selectFrom(from).select(names)).execute();
}

/** What is refused on a table, unless a condition holds. `table` is named in full. */
interface Rule {
  readonly name: string;
  readonly table: string;
  readonly on: "update" | "delete" | "truncate";
  readonly unless: string;
}

function rulesOf(db: Db): Rule[] {
  const [audit, unsealed, seals, retention] = (
    ["audit", "audit_unsealed", "audit_seals", "audit_retention"] as const
  ).map((table) => db.selectFrom(table).compile().sql.replace("select from ", "")) as [string, string, string, string];
  const rule = (name: string, table: string, on: Rule["on"], unless = "1 = 0") => ({ name, table, on, unless });
  // What an operator gave up goes, but never the end of the chain.
  const givenUp =
    `old.seq <= (select max(through) from ${retention}) and ` +
    `exists (select 1 from ${audit} as later where later.seq > old.seq)`;
  const rules = [
    rule("audit_is_not_changed", audit, "update"),
    rule("audit_is_kept", audit, "delete", givenUp),
    rule("audit_unsealed_is_not_changed", unsealed, "update"),
    rule("audit_unsealed_is_kept", unsealed, "delete", `exists (select 1 from ${audit} as a where a.id = old.id)`),
    rule("audit_seals_are_not_changed", seals, "update"),
    rule("audit_seals_are_kept", seals, "delete"),
    rule("audit_retention_is_not_changed", retention, "update"),
    rule("audit_retention_is_kept", retention, "delete"),
  ];
  if (!isPostgres(db)) return rules;
  const tables = { audit, audit_unsealed: unsealed, audit_seals: seals, audit_retention: retention };
  return [...rules, ...Object.entries(tables).map(([name, table]) => rule(`${name}_is_not_cut`, table, "truncate"))];
}

async function addSqliteRule(db: Db, { name, table, on, unless }: Rule): Promise<void> {
  // A comparison with null does not hold.
  const refuse = `when (${unless}) is not true begin select raise(abort, 'the audit is append-only'); end`;
  await sql.raw(`create trigger ${name} before ${on} on ${table} ${refuse}`).execute(db);
}

async function addPostgresRule(db: Db, rule: Rule): Promise<void> {
  const { name, table, on, unless } = rule;
  const refuse = `if (${unless}) is not true then raise exception 'the audit is append-only'; end if;`;
  const body = `begin ${on === "truncate" ? "raise exception 'the audit is append-only';" : refuse} return old; end`;
  await sql.raw(`create function ${functionOf(rule)}() returns trigger language plpgsql as $$ ${body} $$`).execute(db);
  const each = on === "truncate" ? "statement" : "row";
  await sql
    .raw(`create trigger ${name} before ${on} on ${table} for each ${each} execute function ${functionOf(rule)}()`)
    .execute(db);
}

/** Where its table stands, so that no connection's `search_path` matters. */
function functionOf({ name, table }: Rule): string {
  return table.replace(/"[^"]+"$/, `"${name}"`);
}

function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
