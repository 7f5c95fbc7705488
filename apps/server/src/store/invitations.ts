import type { Kysely, Selectable } from "kysely";
import { countChanged, hasChanged } from "./changed.ts";
import { parseTexts } from "./json.ts";
import { PRUNE_CHUNK, pruneAll } from "./prune.ts";
import type { Invitation } from "./records.ts";
import type { Schema } from "./schema.ts";
import type { Queries } from "./store.ts";

export function invitationQueries(db: Kysely<Schema>): Queries["invitations"] {
  return {
    async insert(invitation) {
      const row = {
        id: invitation.id,
        hash: invitation.hash,
        email: invitation.email,
        roles: JSON.stringify(invitation.roles),
        invited_by: invitation.invitedBy,
        created_at: invitation.createdAt,
        expires_at: invitation.expiresAt,
      };
      await db.insertInto("invitations").values(row).execute();
    },
    async list({ limit, after }) {
      const all = db.selectFrom("invitations").selectAll().orderBy("id").limit(limit);
      const rest = after === undefined ? all : all.where("id", ">", after);
      return (await rest.execute()).map(fromRow);
    },
    async byHash(hash) {
      const row = await db.selectFrom("invitations").selectAll().where("hash", "=", hash).executeTakeFirst();
      return row && fromRow(row);
    },
    async take(hash) {
      const row = await db.deleteFrom("invitations").where("hash", "=", hash).returningAll().executeTakeFirst();
      return row && fromRow(row);
    },
    async remove(id) {
      return hasChanged(await db.deleteFrom("invitations").where("id", "=", id).executeTakeFirstOrThrow());
    },
    prune(before) {
      const over = db.selectFrom("invitations").select("id").where("expires_at", "<", before);
      const chunk = db.deleteFrom("invitations").where("id", "in", over.limit(PRUNE_CHUNK));
      return pruneAll(async () => countChanged(await chunk.executeTakeFirstOrThrow()));
    },
  };
}

function fromRow(row: Selectable<Schema["invitations"]>): Invitation {
  return {
    id: row.id,
    hash: row.hash,
    email: row.email,
    roles: parseTexts(row.roles),
    invitedBy: row.invited_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
