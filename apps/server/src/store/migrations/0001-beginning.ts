import { type CreateTableBuilder, type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

// A migration is frozen once released, so it names its tables itself instead of using today's schema. It does so by
// Kysely's builders, which put them where the tables of this installation stand; raw SQL would not.
type Unknown = Kysely<{ revocation_counter: { id: number; last: number } }>;
type Columns = Readonly<Record<string, ColumnKind>>;

/** `bigint` holds times in milliseconds; a trailing `?` lets the column be null. */
type ColumnKind = `${"text" | "integer" | "bigint"}${"" | "?"}`;

const tables: Readonly<Record<string, { columns: Columns; key: readonly string[] }>> = {
  installation: { columns: { id: "integer", epoch: "text", master_key_id: "text" }, key: ["id"] },
  accounts: {
    columns: {
      id: "text",
      email: "text",
      name: "text",
      password_hash: "text?",
      version: "integer",
      disabled_at: "bigint?",
      created_at: "bigint",
    },
    key: ["id"],
  },
  sessions: {
    columns: {
      id: "text",
      account_id: "text",
      client_id: "text",
      org: "text?",
      gen: "integer",
      gen_at: "bigint",
      late: "integer",
      streak: "integer",
      salt: "text",
      secret_version: "integer",
      version: "integer",
      jkt: "text?",
      auth_time: "bigint",
      amr: "text",
      acr: "text",
      idle_end: "bigint",
      abs_end: "bigint",
      ended_at: "bigint?",
      end_cause: "text?",
      user_agent: "text?",
      created_at: "bigint",
    },
    key: ["id"],
  },
  roles: { columns: { name: "text", description: "text", built_in: "integer" }, key: ["name"] },
  role_permissions: {
    columns: { role: "text", audience: "text", permission: "text" },
    key: ["role", "audience", "permission"],
  },
  role_grants: { columns: { account_id: "text", role: "text", org: "text?" }, key: [] },
  clients: {
    columns: { id: "text", name: "text", mode: "text", origins: "text", audiences: "text" },
    key: ["id"],
  },
  audiences: { columns: { id: "text", permissions: "text" }, key: ["id"] },
  handoffs: {
    columns: {
      hash: "text",
      account_id: "text",
      client_id: "text",
      origin: "text?",
      jkt: "text?",
      amr: "text",
      acr: "text",
      auth_time: "bigint",
      expires_at: "bigint",
    },
    key: ["hash"],
  },
  invitations: {
    columns: {
      id: "text",
      hash: "text",
      email: "text",
      roles: "text",
      invited_by: "text",
      created_at: "bigint",
      expires_at: "bigint",
    },
    key: ["id"],
  },
  set_up: { columns: { id: "integer", hash: "text", expires_at: "bigint" }, key: ["id"] },
  signing_keys: {
    columns: {
      kid: "text",
      alg: "text",
      public_jwk: "text",
      sealed: "text",
      published_at: "bigint",
      activated_at: "bigint?",
      retired_at: "bigint?",
    },
    key: ["kid"],
  },
  refresh_secrets: { columns: { version: "integer", sealed: "text", created_at: "bigint" }, key: ["version"] },
  revocations: {
    columns: { number: "bigint", kind: "text", fact_id: "text", least: "bigint?", at: "bigint" },
    key: ["number"],
  },
  revocation_counter: { columns: { id: "integer", last: "bigint" }, key: ["id"] },
  audit: {
    columns: {
      id: "text",
      at: "bigint",
      event: "text",
      outcome: "text",
      actor: "text?",
      subject: "text?",
      session: "text?",
      address: "text?",
      detail: "text",
    },
    key: ["id"],
  },
  attempts: { columns: { key: "text", ends_at: "bigint", count: "integer" }, key: ["key"] },
};

/** What goes when the row that it belongs to goes. Audit and invitations name accounts, but outlive them. */
const belongings = [
  { table: "sessions", column: "account_id", owner: "accounts.id" },
  { table: "handoffs", column: "account_id", owner: "accounts.id" },
  { table: "role_grants", column: "account_id", owner: "accounts.id" },
  { table: "role_grants", column: "role", owner: "roles.name" },
  { table: "role_permissions", column: "role", owner: "roles.name" },
] as const;

const indexes = [
  { table: "accounts", columns: ["email"], unique: true },
  { table: "sessions", columns: ["account_id"] },
  { table: "sessions", columns: ["ended_at"] },
  { table: "sessions", columns: ["idle_end"] },
  { table: "sessions", columns: ["abs_end"] },
  { table: "role_grants", columns: ["role"] },
  { table: "handoffs", columns: ["account_id"] },
  { table: "handoffs", columns: ["expires_at"] },
  { table: "invitations", columns: ["hash"], unique: true },
  { table: "invitations", columns: ["expires_at"] },
  { table: "revocations", columns: ["at"] },
  { table: "audit", columns: ["at", "id"] },
  { table: "audit", columns: ["event", "at", "id"] },
  { table: "attempts", columns: ["ends_at"] },
] as const;

/** Tables that hold one row, numbered 1. */
const singletons = ["installation", "set_up", "revocation_counter"];

/** Everything that version 1 keeps. */
export const beginning: Migration = {
  async up(db: Unknown) {
    for (const [name, { columns, key }] of Object.entries(tables)) await createTable(db, name, columns, key);
    for (const index of indexes) {
      const create = db.schema.createIndex(`${index.table}_by_${index.columns.join("_")}`).on(index.table);
      await ("unique" in index ? create.unique() : create).columns([...index.columns]).execute();
    }
    // Two indexes, because an SQL unique index takes every null for another value.
    const once = (name: string) => db.schema.createIndex(name).unique().on("role_grants");
    await once("role_grants_once").columns(["account_id", "role"]).where(sql.ref("org"), "is", null).execute();
    const inOrg = once("role_grants_once_in_org").columns(["account_id", "role", "org"]);
    await inOrg.where(sql.ref("org"), "is not", null).execute();
    await db.insertInto("revocation_counter").values({ id: 1, last: 0 }).execute();
  },
  async down(db: Unknown) {
    for (const name of Object.keys(tables).reverse()) await db.schema.dropTable(name).execute();
  },
};

async function createTable(db: Unknown, name: string, columns: Columns, key: readonly string[]): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const [column, kind] of Object.entries(columns)) {
    const nullable = kind.endsWith("?");
    const type = nullable ? kind.slice(0, -1) : kind;
    table = table.addColumn(column, sql.raw(type), (to) => (nullable ? to : to.notNull()));
  }
  if (key.length > 0) table = table.addPrimaryKeyConstraint(`${name}_key`, [...key]);
  if (singletons.includes(name)) table = table.addCheckConstraint(`${name}_is_one`, sql`id = 1`);
  for (const { column, owner } of belongings.filter((one) => one.table === name)) {
    const [target = "", targetColumn = ""] = owner.split(".");
    table = table.addForeignKeyConstraint(`${name}_${column}`, [column], target, [targetColumn], (to) =>
      to.onDelete("cascade"),
    );
  }
  await table.execute();
}
