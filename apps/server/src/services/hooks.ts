import { Refusal } from "@countersign/tokens";
import type { EventName, IssuerEvent } from "../events.ts";
import type { Query, Reaction } from "../store/store.ts";
import { within } from "./within.ts";

/** The transaction of a hook's event, for tables of one's own in the same database. */
export interface HookTransaction {
  /**
   * Runs one statement and answers its rows. Parameters stand as `$1`, `$2` … in PostgreSQL and as `?` in SQLite. A
   * statement that fails throws the driver's error, and rolls everything back whether that is caught or not.
   *
   * Does not check: what the statement does. It must neither end the transaction nor write to the issuer's own tables.
   */
  query<Row extends object = Readonly<Record<string, unknown>>>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<readonly Row[]>;
}

/**
 * What an installation does when something happens, in the transaction that it happens in: all of it is committed, or
 * nothing. A `Refusal` that a hook throws is the caller's answer; anything else is `internal`, and logged. The
 * transaction holds rows, and with SQLite the one connection, so a hook that is not done in 3 s has failed.
 */
export type Hooks = {
  readonly [Name in EventName]?: ((event: IssuerEvent<Name>, tx: HookTransaction) => Promise<void> | void) | undefined;
};

const PATIENCE_MS = 3000;

/** Every name, by the compiler's leave. */
const eventNames: Readonly<Record<EventName, true>> = {
  "account.created": true,
  "account.removed": true,
  "account.disabled": true,
  "account.enabled": true,
  "account.password_changed": true,
  "account.address_proved": true,
  "account.metadata_changed": true,
  "session.started": true,
  "session.ended": true,
  "role.granted": true,
  "role.revoked": true,
  "role.removed": true,
};

/** @throws {TypeError} for an event that there is none of, or a hook that is no function */
export function createReaction(hooks: Hooks): Reaction {
  for (const [name, hook] of Object.entries(hooks)) {
    if (!Object.hasOwn(eventNames, name)) throw new TypeError(`on: there is no event "${name}"`);
    if (hook !== undefined && typeof hook !== "function") throw new TypeError(`on["${name}"]: a function`);
  }
  return async (events, query) => {
    for (const event of events) await run(hooks, event, query);
  };
}

async function run(hooks: Hooks, event: IssuerEvent, query: Query): Promise<void> {
  // The hook under an event's name takes that event, which a union of events does not say to the compiler.
  const hook = hooks[event.type] as ((event: IssuerEvent, tx: HookTransaction) => unknown) | undefined;
  if (!hook) return;
  const { tx, settled } = transactionOf(query);
  try {
    await within(PATIENCE_MS, async () => {
      await hook(event, tx);
      await settled();
    });
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal("internal", { detail: `the hook "${event.type}" failed`, cause });
  }
}

/** `settled` waits for every statement, also those that the hook did not wait for, and throws where one failed. */
function transactionOf(query: Query): { tx: HookTransaction; settled: () => Promise<unknown> } {
  const asked: Promise<unknown>[] = [];
  const ask = (sql: string, parameters: readonly unknown[] = []) => {
    const answer = query(sql, parameters).catch((error: unknown) => {
      throw driverError(error);
    });
    answer.catch(() => {}); // `settled` tells
    asked.push(answer);
    return answer;
  };
  // What a row looks like, the hook knows that asks for it.
  return { tx: { query: ask as HookTransaction["query"] }, settled: () => Promise.all(asked) };
}

/** A refusal is for our callers; who wrote the statement wants the driver's own words. */
function driverError(error: unknown): unknown {
  return error instanceof Refusal ? (error.cause ?? new Error(error.detail ?? error.reason)) : error;
}
