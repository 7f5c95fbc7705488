import { type Kysely, sql } from "kysely";
import { NO_MIGRATIONS } from "kysely/migration";
import { describe, expect, test } from "vitest";
import { createMigrator } from "../migrate.ts";
import { migrations } from "../migrations/all.ts";
import type { Schema } from "../schema.ts";
import { anAccount, aRole } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");

/** Before the first release: what was written to the audit until then has no place in its chain. */
const COMPATIBLE_SINCE = "0004-audit-chain";

async function tablesOf(db: Kysely<Schema>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  return tables.map(({ name }) => name).filter((name) => !name.startsWith("countersign_migrations"));
}

export function migrationCases(given: Given): void {
  describe("migrations", () => {
    test("server case 17: forward, back and forward again", async () => {
      const { database, store } = given;
      await store.accounts.insert(ada);
      const back = await createMigrator(database.raw(), database.schema).migrateTo(NO_MIGRATIONS);
      expect(back.error).toBeUndefined();
      expect(await tablesOf(database.raw())).toEqual([]);
      await expect(store.accounts.list({ limit: 1 })).rejects.toMatchObject({ reason: "unavailable" });
      await store.migrate();
      expect(await store.accounts.list({ limit: 1 })).toEqual([]);
      await store.accounts.insert(ada);
      await store.transaction(async (tx) => tx.revoke({ kind: "key", id: "kid" }));
      expect(await store.revocations.since(0)).toHaveLength(1);
    });

    test("server case 17: several instances migrate an empty database at once", async () => {
      const empty = await given.databases.empty();
      try {
        const stores = await Promise.all(Array.from({ length: 4 }, () => empty.open()));
        await Promise.all(stores.map((store) => store.migrate()));
        const names = await sql<{ name: string }>`select name from countersign_migrations`.execute(empty.raw());
        expect(names.rows.map(({ name }) => name)).toEqual(Object.keys(migrations));
        await stores[0]?.accounts.insert(ada);
        expect(await stores[1]?.accounts.byId(ada.id)).toStrictEqual(ada);
      } finally {
        await empty.close();
      }
    });

    test("what the first version kept outlives the step to this one and back", async () => {
      const { database, store } = given;
      const editor = aRole("editor", ["notes:read"]);
      await store.accounts.insert(ada);
      await store.roles.insert(editor);
      await store.roles.grant(ada.id, "editor");
      const back = await createMigrator(database.raw(), database.schema).migrateTo("0001-beginning");
      expect(back.error).toBeUndefined();
      expect(await database.raw().selectFrom("roles").select("name").execute()).toEqual([{ name: "editor" }]);
      await store.migrate();
      expect(await store.roles.list()).toStrictEqual([editor]);
      expect(await store.roles.grantedTo(ada.id)).toStrictEqual(editor.permissions);
      expect(await store.roles.declare({ role: "editor", audience: "https://notes.example.com" })).toBe(true);
    });

    test("server case 17: an instance of any version before goes on: nothing it writes or reads is gone, nothing new is asked of it", async () => {
      const { database, store } = given;
      const columns = async () => {
        const tables = await database.raw().introspection.getTables();
        return new Map(
          tables.flatMap(({ name, columns }) => columns.map((one) => [`${name}.${one.name}`, one] as const)),
        );
      };
      const latest = await columns();
      for (const version of Object.keys(migrations).filter((name) => name >= COMPATIBLE_SINCE)) {
        await createMigrator(database.raw(), database.schema).migrateTo(version);
        const before = await columns();
        const tables = new Set([...before.keys()].map((column) => column.split(".")[0]));
        expect([...before.keys()].filter((column) => !latest.has(column))).toEqual([]);
        const demanded = [...latest].filter(
          ([name, { isNullable, hasDefaultValue }]) =>
            tables.has(name.split(".")[0]) && !before.has(name) && !isNullable && !hasDefaultValue,
        );
        expect(
          demanded.map(([name]) => name),
          `since ${version}`,
        ).toEqual([]);
        await store.migrate();
      }
    });

    test("a migration that fails leaves nothing behind", async () => {
      const empty = await given.databases.empty();
      try {
        if (empty.schema !== undefined) await empty.raw().schema.createSchema(empty.schema).execute();
        await empty.raw().schema.createTable("sessions").addColumn("something", "text").execute();
        const store = await empty.open();
        await expect(store.migrate()).rejects.toMatchObject({ reason: "unavailable" });
        expect(await tablesOf(empty.raw())).toEqual(["sessions"]);
      } finally {
        await empty.close();
      }
    });

    test("a schema that is newer than the program is not touched", async () => {
      const empty = await given.databases.empty();
      try {
        const store = await empty.open();
        await store.migrate();
        const later = sql`insert into countersign_migrations (name, timestamp) values ('9999-later', '2100-01-01')`;
        await later.execute(empty.raw());
        await expect(store.migrate()).rejects.toMatchObject({ reason: "unavailable" });
      } finally {
        await empty.close();
      }
    });
  });
}
