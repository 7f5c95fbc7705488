import { Refusal } from "@countersign/tokens";
import { TRPCError, type TRPCProcedureType } from "@trpc/server";
import { type AtOnce, goOn, isLater } from "../at-once.ts";
import { type Call, disclaim, type Present, refuse } from "../refusal/refused-call.ts";
import { Facts } from "../request/facts.ts";
import { assertRequest, isRequestFor } from "../request/request-rules.ts";
import type { Middleware, Proceed } from "../router/chain.ts";
import { staysOpen, whileItHolds } from "./open-stream.ts";
import type { Rounds } from "./rounds.ts";

export interface CheckParts<Who> {
  /** Who may call, `null` for anybody. */
  decide(facts: Facts): AtOnce<Who | null>;
  /** What `decide` would throw without a look at the token, one object for all; `undefined` where it has to be asked. */
  readonly sendsAway: ((facts: Facts) => Refusal | undefined) | undefined;
  /** What the user adds to the context of an identified call. */
  enrich?: ((who: Who, ctx: object) => Promise<object> | object) | undefined;
  readonly maxBatchSize: number;
  readonly rounds: Rounds;
}

/** How refusals leave: before the call has run, and after. */
export interface Ways {
  readonly refused: Present;
  readonly ended: Present;
}

/**
 * The middleware that a policy sits on: request, decision, enrichment, and only then the rest of the procedure. Whatever
 * goes wrong on the way refuses the call; what is neither a refusal nor a `TRPCError` becomes `internal`, and says nothing.
 */
export function createCheck<Who>(parts: CheckParts<Who>, ways: Ways, proceed: Proceed): Middleware {
  return async (call) => {
    let added: Added<Who>;
    try {
      const admitted = admit(call, parts);
      // Who is known at once is not waited for.
      added = isLater(admitted) ? await admitted : admitted;
    } catch (cause) {
      throw await ways.refused(refusalFor(cause), call);
    }
    const result = await proceed(call, added);
    if (result?.ok === false) return { ...result, error: disclaim(result.error) };
    if (!result || !staysOpen(result.data)) return result;
    const { rounds } = parts;
    const holding = added.principal === null ? null : { rounds, holds: () => decideAgain(call, parts, ways.ended) };
    return { ...result, data: whileItHolds(result.data, holding) };
  };
}

/** Whether a call that has been let in would be let in now. */
async function decideAgain<Who>(call: Call, { decide }: CheckParts<Who>, present: Present): Promise<void> {
  try {
    await decide(factsIn(call.ctx));
  } catch (cause) {
    throw await present(refusalFor(cause, true), call);
  }
}

/** What a check throws of a call without a look at its token, `undefined` where it has to be asked. */
export type SendsAway = (ctx: unknown, type: TRPCProcedureType) => Refusal | undefined;

/** The same step without the rest of the check, for whoever has an answer ready. */
export function createSendsAway<Who>({ sendsAway }: CheckParts<Who>): SendsAway | undefined {
  if (sendsAway === undefined) return undefined;
  return (ctx, type) => {
    if (!hasFacts(ctx)) return undefined;
    const refusal = sendsAway(ctx.auth);
    return refusal && isRequestFor(ctx.auth, type) ? refusal : undefined;
  };
}

/** What the context of a call gets. */
interface Added<Who> {
  readonly principal: Who | null;
}

function admit<Who>({ ctx, type, batchIndex }: Call, parts: CheckParts<Who>): AtOnce<Added<Who>> {
  if (!(batchIndex < parts.maxBatchSize))
    throw new Refusal("batch_refused", { detail: "more calls than a request may hold" });
  const facts = factsIn(ctx);
  assertRequest(facts, type);
  return goOn(parts.decide(facts), (principal) =>
    principal === null || parts.enrich === undefined
      ? { principal }
      : enriched(parts.enrich(principal, ctx), principal),
  );
}

async function enriched<Who>(extra: Promise<object> | object, principal: Who): Promise<Added<Who>> {
  return { ...(await extra), principal };
}

function hasFacts(ctx: unknown): ctx is { readonly auth: Facts } {
  return typeof ctx === "object" && ctx !== null && "auth" in ctx && Facts.is(ctx.auth);
}

function factsIn(ctx: object): Facts {
  if (hasFacts(ctx)) return ctx.auth;
  throw new TypeError("the context has no `auth: facts(req)` of this copy of @countersign/guard");
}

function refusalFor(cause: unknown, hasRun = false): TRPCError {
  if (cause instanceof Refusal) return refuse(cause, hasRun);
  if (cause instanceof TRPCError) return disclaim(cause);
  return refuse(new Refusal("internal", { cause }), hasRun);
}
