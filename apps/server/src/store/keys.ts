import type { PublicJwk } from "@countersign/tokens";
import type { Kysely, Selectable } from "kysely";
import { hasChanged } from "./changed.ts";
import type { StoredKey } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function keyQueries(db: Kysely<Schema>): Queries["keys"] {
  const change = db.updateTable("signing_keys");
  return {
    async list() {
      const rows = await db.selectFrom("signing_keys").selectAll().orderBy("published_at").orderBy("kid").execute();
      return rows.map(fromRow);
    },
    async signing() {
      const signing = db
        .selectFrom("signing_keys")
        .where("activated_at", "is not", null)
        .where("retired_at", "is", null);
      return (await signing.select("kid").executeTakeFirst())?.kid;
    },
    async insert(key) {
      const row = {
        kid: key.kid,
        alg: key.alg,
        public_jwk: JSON.stringify(key.publicJwk),
        sealed: key.sealed,
        published_at: key.publishedAt,
        activated_at: key.activatedAt,
        retired_at: key.retiredAt,
      };
      await db.insertInto("signing_keys").values(row).execute();
    },
    async activate(kid, at) {
      const activate = change.set({ activated_at: at }).where("kid", "=", kid).where("activated_at", "is", null);
      return hasChanged(await activate.executeTakeFirstOrThrow());
    },
    async retire(kid, at) {
      const retire = change.set({ retired_at: at }).where("kid", "=", kid).where("retired_at", "is", null);
      return hasChanged(await retire.executeTakeFirstOrThrow());
    },
    async remove(kid) {
      return hasChanged(await db.deleteFrom("signing_keys").where("kid", "=", kid).executeTakeFirstOrThrow());
    },
  };
}

function fromRow(row: Selectable<Schema["signing_keys"]>): StoredKey {
  return {
    kid: row.kid,
    alg: row.alg,
    // Checked when it was made (`generateKey`), and again where it is imported.
    publicJwk: JSON.parse(row.public_jwk) as PublicJwk,
    sealed: row.sealed,
    publishedAt: row.published_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
  };
}
