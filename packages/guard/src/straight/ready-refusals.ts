import { initTRPC, type TRPCError } from "@trpc/server";
import { refusalOf } from "../refusal/refusal.ts";
import { enforcementOf } from "../router/access-table.ts";
import type { HandlerOptions } from "./plugin-options.ts";
import type { HeaderPairs } from "./response-head.ts";
import type { Route } from "./routes.ts";
import type { Run } from "./run-call.ts";

/** What a call was answered. */
interface Ready {
  readonly status: number;
  readonly head: HeaderPairs;
  readonly body: string;
}

/**
 * The answers to calls that are sent away without a look at their token. In a flood of forged ones these are nearly all,
 * and those of one procedure are all the same: so the first is made as every answer is, and kept. A flood then costs the
 * calls beside it no more than as many good ones would.
 */
export interface ReadyRefusals {
  /** @throws {TRPCError} that of the kept answer, where it is this call's too. */
  assertLookedAt(run: Run): void;
  /** The answer that was kept with exactly this error. */
  find(route: Route, error: TRPCError): Ready | undefined;
  /** Keeps an answer to a call that was sent away; any other goes. */
  keep(route: Route, error: TRPCError, ready: Ready): void;
}

const trpcsOwn = initTRPC.create()._config.errorFormatter;

/** Where the user's own formatter makes the shape, it may be another each time: nothing is kept. */
export function createReadyRefusals({ router }: HandlerOptions, routes: Iterable<Route>): ReadyRefusals {
  const { errorFormatter } = router._def._config;
  const isOurs = errorFormatter === trpcsOwn;
  const sendsAway = new Map(Array.from(routes, (route) => [route, enforcementOf(route.procedure)?.sendsAway]));
  const kept = new Map<Route, Ready & { readonly refusal: object; readonly error: TRPCError }>();
  /** Which refusals are one for all: as many as there are guards. */
  const lasting = new Set<object>();

  return {
    assertLookedAt({ call: { route }, ctx }) {
      const refusal = sendsAway.get(route)?.(ctx, route.type);
      if (refusal === undefined) return;
      lasting.add(refusal);
      const ready = kept.get(route);
      if (ready?.refusal === refusal) throw ready.error;
    },
    find(route, error) {
      const ready = kept.get(route);
      return ready?.error === error ? ready : undefined;
    },
    keep(route, error, ready) {
      const refusal = refusalOf(error);
      if (isOurs && refusal && lasting.has(refusal)) kept.set(route, { ...ready, refusal, error });
    },
  };
}
