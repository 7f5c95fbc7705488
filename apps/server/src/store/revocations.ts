import type { RevocationFact } from "@countersign/tokens";
import type { Kysely, Selectable } from "kysely";
import { countChanged } from "./changed.ts";
import { PRUNE_CHUNK, pruneAll } from "./prune.ts";
import type { Schema } from "./schema.ts";
import type { NumberedFact, Queries } from "./store.ts";

export function revocationQueries(db: Kysely<Schema>): Queries["revocations"] {
  return {
    async head() {
      const { incarnation, number } = await db
        .selectFrom("revocation_counter")
        .leftJoin("installation", (join) => join.onTrue())
        .select(["feed_incarnation as incarnation", "last as number"])
        .executeTakeFirstOrThrow();
      return { incarnation: incarnation ?? "", number };
    },
    async since(number) {
      const rows = await db
        .selectFrom("revocations")
        .selectAll()
        .where("number", ">", number)
        .orderBy("number")
        .execute();
      return rows.map(fromRow);
    },
    prune(before) {
      const over = db.selectFrom("revocations").select("number").where("at", "<", before);
      const chunk = db.deleteFrom("revocations").where("number", "in", over.limit(PRUNE_CHUNK));
      return pruneAll(async () => countChanged(await chunk.executeTakeFirstOrThrow()));
    },
  };
}

/** Rows that one statement inserts at most: a statement has room for 32 766 values in SQLite, 65 535 in PostgreSQL. */
const INSERT_CHUNK = 1000;

/**
 * Writes facts with the next numbers: the last statements of a transaction. Raising the counter locks its row until the
 * commit, so no other transaction takes a number before this one is visible, and the order of numbers is the order of
 * commits. A rollback takes the numbers back: there are no gaps.
 */
export async function appendFacts(
  db: Kysely<Schema>,
  facts: readonly RevocationFact[],
  at: number,
): Promise<NumberedFact[]> {
  const { last } = await db
    .updateTable("revocation_counter")
    .set((row) => ({ last: row("last", "+", facts.length) }))
    .returning("last")
    .executeTakeFirstOrThrow();
  const numbered = facts.map((fact, index) => ({ number: last - facts.length + 1 + index, fact }));
  for (let from = 0; from < numbered.length; from += INSERT_CHUNK) {
    const some = numbered.slice(from, from + INSERT_CHUNK);
    const rows = some.map(({ number, fact }) => ({ number, at, ...toColumns(fact) }));
    await db.insertInto("revocations").values(rows).execute();
  }
  return numbered;
}

function toColumns(fact: RevocationFact) {
  return { kind: fact.kind, fact_id: fact.id, least: fact.kind === "key" ? null : fact.least };
}

function fromRow({ number, kind, fact_id: id, least }: Selectable<Schema["revocations"]>): NumberedFact {
  return { number, fact: kind === "key" ? { kind, id } : { kind, id, least: least ?? 0 } };
}
