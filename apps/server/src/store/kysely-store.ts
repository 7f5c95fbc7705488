import type { RevocationFact } from "@countersign/tokens";
import { CompiledQuery, type Dialect, Kysely } from "kysely";
import type { IssuerEvent } from "../events.ts";
import { attemptQueries } from "./attempts.ts";
import type { Engine } from "./engine.ts";
import { migrateToLatest } from "./migrate.ts";
import { createQueries } from "./queries.ts";
import { appendFacts } from "./revocations.ts";
import type { Schema } from "./schema.ts";
import { createScope } from "./scope.ts";
import type { NumberedFact, Query, Reaction, Store, Transaction } from "./store.ts";

type Listener = (facts: readonly NumberedFact[]) => void;

/** The store over any database that has an engine. */
export function createKyselyStore(engine: Engine): Store {
  const scope = createScope();
  const open = (dialect: Dialect) => inSchema(new Kysely<Schema>({ dialect }), engine.schema);
  const db = open(scope.guard(engine.dialect));
  const counting = open(scope.guard(engine.counting));
  const listeners = new Set<Listener>();
  const news = new Set<() => void>();
  const reactions = new Set<Reaction>();
  const react = async (events: readonly IssuerEvent[], query: Query) => {
    if (events.length > 0) for (const reaction of reactions) await reaction(events, query);
  };
  return {
    ...createQueries(db, engine),
    attempts: attemptQueries(counting),
    async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
      let numbered: readonly NumberedFact[] = [];
      // READ COMMITTED is enough: every decision is either one conditional statement, which PostgreSQL judges on the row
      // as it is when its turn comes, or it is made on what is read after `lock`. It is said and not left to the
      // server's default, because a snapshot taken before the lock would show what was before. SQLite has one writer.
      const result = await db
        .transaction()
        .setIsolationLevel("read committed")
        .execute(async (trx) => {
          const facts: RevocationFact[] = [];
          const events: IssuerEvent[] = [];
          const working = async () => {
            const value = await work(createTransaction(trx, engine, facts, events));
            await react(Object.freeze(events), queryIn(trx));
            return value;
          };
          const value = await scope.enter(working).finally(() => Object.freeze(facts));
          if (facts.length > 0) {
            numbered = await appendFacts(trx, facts, await engine.now(trx));
            await engine.announce?.(trx);
          }
          return value;
        });
      if (numbered.length > 0) for (const listener of listeners) tell(listener, numbered);
      return result;
    },
    onFacts(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onNews(listener) {
      if (news.size === 0) {
        engine.listen?.(() => {
          for (const one of news) one();
        });
      }
      news.add(listener);
      return () => news.delete(listener);
    },
    onEvents(reaction) {
      reactions.add(reaction);
      return () => reactions.delete(reaction);
    },
    migrate: () => migrateToLatest(open(engine.migrations), engine),
    close: () => engine.close(),
  };
}

/** A handle whose queries name their tables in full: nothing depends on the `search_path` of a connection. */
export function inSchema(db: Kysely<Schema>, schema: string | undefined): Kysely<Schema> {
  return schema === undefined ? db : db.withSchema(schema);
}

function createTransaction(
  trx: Kysely<Schema>,
  engine: Engine,
  facts: RevocationFact[],
  events: IssuerEvent[],
): Transaction {
  return {
    ...createQueries(trx, engine),
    // Throws once the work is over, when nobody would write the fact any more: `facts` is frozen.
    revoke: (...more) => void facts.push(...more),
    emit: (...more) => void events.push(...more),
    lock: (name) => engine.lock(trx, name),
    share: (name) => engine.share(trx, name),
  };
}

/** Somebody else's statements, in their own words. */
function queryIn(trx: Kysely<Schema>): Query {
  return async (sql, parameters) => (await trx.executeQuery<Row>(CompiledQuery.raw(sql, [...parameters]))).rows;
}

type Row = Readonly<Record<string, unknown>>;

/** The commit stands whatever a listener does, so its error goes to the process as the bug that it is. */
function tell(listener: Listener, facts: readonly NumberedFact[]): void {
  try {
    listener(facts);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
