import type { Reason, Refusal } from "@countersign/tokens";
import {
  getTRPCErrorShape,
  TRPCError,
  type TRPCErrorShape,
  type TRPCProcedureType,
  type TRPCRootObject,
} from "@trpc/server";
import { trpcErrorOf } from "./refusal.ts";

/** What a guard's refusal adds to the `data` of the user's own error shape. */
export interface RefusalData {
  readonly reason?: Reason;
  /** The guard refused before the procedure ran: repeating the call repeats nothing. */
  readonly ran?: false;
  /** Seconds until a repetition makes sense. */
  readonly retryAfter?: number;
  /** For `step_up_required`: the greatest age of the sign-in in seconds. */
  readonly maxAge?: number;
}

/** A call as tRPC hands it to a middleware, as far as it is used here. */
export interface Call {
  readonly ctx: object;
  readonly type: TRPCProcedureType;
  readonly path: string;
  readonly batchIndex: number;
  next(options?: { ctx: object }): Promise<CallResult>;
}

/** What tRPC's `next()` answers. */
export type CallResult =
  | { readonly ok: true; readonly data: unknown; readonly marker: unknown }
  | { readonly ok: false; readonly error: TRPCError; readonly marker: unknown };

type Config = TRPCRootObject<object, object, object>["_config"];

/** Refusals on their way from the check out to the front of the chain. */
const leaving = new WeakMap<TRPCError, Refusal>();
/** Refusals that have left, and what is sent for them. */
const left = new WeakMap<TRPCError, TRPCErrorShape>();

/** Refuses the call that is being checked. Only the front of the same procedure's chain turns this into `ran: false`. */
export function refuse(refusal: Refusal): TRPCError {
  const error = trpcErrorOf(refusal);
  leaving.set(error, refusal);
  return error;
}

/** For `.errors()`: what is sent for a refusal of the guard; `undefined` leaves every other error to the user's formatters. */
export function shapeOf({ error }: { readonly error: TRPCError }): TRPCErrorShape | undefined {
  return left.get(error);
}

/**
 * Stands at the front of a guarded procedure, before the user's own `base`. Asks the user's formatters for the shape of a
 * refusal, a per-procedure one first as tRPC would, and adds the reason beside what they made.
 */
export function createFront(config: Config) {
  return async ({ ctx, type, path, next }: Call): Promise<CallResult> => {
    const result = await next();
    const refusal = result.ok ? undefined : leaving.get(result.error);
    if (result.ok || refusal === undefined) return result;
    const theirs = getTRPCErrorShape({ config, error: result.error, type, path, input: undefined, ctx });
    const error = trpcErrorOf(refusal);
    left.set(error, { ...theirs, data: { ...theirs.data, ...dataOf(refusal) } });
    return { ...result, error };
  };
}

function dataOf({ reason, retryAfter, maxAge }: Refusal): RefusalData {
  return {
    reason,
    ran: false,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(maxAge === undefined ? {} : { maxAge }),
  };
}

/**
 * What a procedure that has run answers. A refusal in it is that of another call, which the procedure made through a
 * caller: passed on as it is it would claim that this procedure has not run, so it goes on without that claim.
 */
export function afterRunning(result: CallResult): CallResult {
  if (!result.ok) return { ...result, error: disclaim(result.error) };
  return isAsyncIterable(result.data) ? { ...result, data: disclaimStream(result.data) } : result;
}

/** An error that makes no claim about this call. */
export function disclaim<E>(error: E): E | TRPCError {
  if (!(error instanceof TRPCError && left.has(error))) return error;
  return new TRPCError({ code: error.code, message: error.message, cause: error.cause });
}

async function* disclaimStream(stream: AsyncIterable<unknown>): AsyncGenerator<unknown, unknown> {
  try {
    return yield* stream;
  } catch (cause) {
    throw disclaim(cause);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
