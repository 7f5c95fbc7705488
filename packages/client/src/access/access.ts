import type { AnyTRPCRouter } from "@trpc/server";
import type { ClientWorld } from "../client-world.ts";
import { elapsedSince, type Moment, momentOf } from "../session/clock-skew.ts";
import { createListeners } from "../session/listeners.ts";
import type { Session } from "../session/session.ts";
import { createSingleFlight } from "../single-flight.ts";
import { mayCallBy, type Table } from "./may-call.ts";
import type { ProcedurePath } from "./procedure-path.ts";

/**
 * What may be called at one API: its access table, as the issuer was told of it, judged on what the account may do. It is
 * for showing and hiding; the API decides each call by itself.
 */
export interface Access<Router extends AnyTRPCRouter> {
  /**
   * Whether a procedure may be called. False for a path that the table does not name, and until the table is here: it is
   * fetched when somebody first asks, see `ready` and `subscribe`. True for one that asks for a fresh sign-in.
   */
  can(path: ProcedurePath<Router>): boolean;
  /** Resolves once the table is here, at once for nobody. @throws why it is not: see `reasonOf` */
  ready(): Promise<void>;
  /** Is called when an answer of `can` may have changed: the table is here, or roles have changed. @returns how to stop */
  subscribe(listener: () => void): () => void;
}

export interface AccessDeps {
  readonly audience: string;
  readonly session: Pick<Session, "state" | "ready" | "subscribe" | "permissions" | "accessToken">;
  readonly fetchTable: (audience: string) => Promise<Table>;
  readonly world: ClientWorld;
  /** Told of what a listener threw. */
  readonly thrown: (cause: unknown) => void;
}

/** An API may have been deployed anew since. In milliseconds. */
const OLD_MS = 300_000;

export function createAccess<Router extends AnyTRPCRouter>(deps: AccessDeps): Access<Router> {
  const { audience, session, fetchTable, world, thrown } = deps;
  const listeners = createListeners<[]>(thrown);
  const inFlight = createSingleFlight();
  let table: Table | undefined;
  let fetchedAt: Moment | undefined;
  let isAsked = false;
  let isLoading = false;
  let told = "";

  const isFresh = () => fetchedAt !== undefined && elapsedSince(fetchedAt, world) < OLD_MS;
  const tell = () => {
    const now = JSON.stringify([session.permissions(audience), table]);
    if (now === told) return;
    told = now;
    listeners.tell();
  };

  async function load(): Promise<void> {
    await session.ready();
    if (isFresh() || session.state.status === "signed-out") return;
    isLoading = true;
    try {
      // A token for it, and with that what the account may do there.
      await session.accessToken(audience);
      table = await fetchTable(audience);
      fetchedAt = momentOf(world);
    } finally {
      isLoading = false;
      tell();
    }
  }
  const ask = () => {
    isAsked = true;
    // Whoever has to know asks `ready`; the next change of the session tries again.
    inFlight(load).catch(() => undefined);
  };

  session.subscribe(() => {
    if (isLoading) return;
    if (isAsked && !isFresh()) ask();
    tell();
  });

  return Object.freeze({
    can(path: string) {
      if (!isAsked) ask();
      return mayCallBy(table, path, session.permissions(audience));
    },
    async ready() {
      isAsked = true;
      await inFlight(load);
    },
    subscribe(listener: () => void) {
      if (!isAsked) ask();
      return listeners.add(listener);
    },
  });
}
