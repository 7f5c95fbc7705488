import type { Reason, Refusal } from "@countersign/tokens";
import {
  getTRPCErrorShape,
  TRPCError,
  type TRPCErrorShape,
  type TRPCProcedureType,
  type TRPCRootObject,
} from "@trpc/server";
import { withoutStack } from "./refusal.ts";

/** What a guard's refusal adds to the `data` of the user's own error shape. */
export interface RefusalData {
  readonly reason?: Reason;
  /**
   * The guard refused before the procedure ran: repeating the call repeats nothing. Not there beside a reason that ends an
   * open subscription: that has run, and goes on after its last event with another token.
   */
  readonly ran?: false;
  /** Seconds until a repetition makes sense. */
  readonly retryAfter?: number;
  /** For `step_up_required`: the greatest age of the sign-in in seconds. */
  readonly maxAge?: number;
  /** For `use_dpop_nonce`: what the next proof has to hold. `DPoP-Nonce` says it too, where the answer has headers to set. */
  readonly nonce?: string;
}

/** A call as tRPC hands it to a middleware, as far as it is used here. */
export interface Call {
  readonly ctx: object;
  readonly type: TRPCProcedureType;
  readonly path: string;
  readonly batchIndex: number;
  readonly meta?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly input: unknown;
  readonly getRawInput: () => Promise<unknown>;
  next(options?: NextOptions): Promise<CallResult | undefined>;
}

/** What a middleware changes of a call for those after it. */
export interface NextOptions {
  readonly ctx?: object | undefined;
  readonly input?: unknown;
  readonly getRawInput?: (() => Promise<unknown>) | undefined;
}

/** What tRPC's `next()` answers. */
export type CallResult =
  | { readonly ok: true; readonly data: unknown; readonly marker: unknown }
  | { readonly ok: false; readonly error: TRPCError; readonly marker: unknown };

/** Makes of an error on its way out what leaves: of a refusal one that says so, of any other one that makes no claim. */
export type Present = (error: TRPCError, call: Call) => Promise<TRPCError>;

/** A procedure as tRPC's adapters call it. */
export type Procedure = (options: Omit<Call, "next">) => Promise<unknown>;

/** The user's own tRPC root, as far as errors need it. */
export interface ErrorParts {
  readonly config: TRPCRootObject<object, object, object>["_config"];
  /** Builds a procedure with `.errors(formatter)` whose resolver is given. */
  build(
    formatter: (about: { error: TRPCError }) => TRPCErrorShape | undefined,
    resolver: (about: { input: unknown }) => never,
  ): Procedure;
}

/**
 * A refused call's error: first on its way from the check out to the front of the chain, then, when it has its shape, left.
 */
class RefusedCall extends TRPCError {
  #hasRun = false;
  #shape: TRPCErrorShape | undefined;
  #hasLeft = false;

  static of(refusal: Refusal, hasRun: boolean): RefusedCall {
    const error = withoutStack(refusal, RefusedCall);
    error.#hasRun = hasRun;
    return error;
  }

  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** What is to be sent: somebody's shape, and the refusal beside it. */
  shape(theirs: TRPCErrorShape): void {
    this.#shape = { ...theirs, data: { ...theirs.data, ...dataOf(this.cause as Refusal, this.#hasRun) } };
  }

  /** For tRPC, which notes it. */
  leave(): TRPCErrorShape | undefined {
    this.#hasLeft = true;
    return this.#shape;
  }

  /** The same, on which nobody has noted anything. */
  again(): RefusedCall {
    const error = RefusedCall.of(this.cause as Refusal, this.#hasRun);
    error.#shape = this.#shape;
    return error;
  }
}

/**
 * Refuses the call that is being checked, or ends what it has opened: then it has run. Only the same call's presenter
 * turns this into `ran: false`.
 */
export function refuse(refusal: Refusal, hasRun = false): TRPCError {
  return RefusedCall.of(refusal, hasRun);
}

/**
 * Gives refusals their shape: the user's own formatters make it, a per-procedure one of `base` first as tRPC would, and
 * the reason is added beside what they made.
 *
 * tRPC notes the shape of an error where `.errors()` formats it, once, and nowhere else in public. So the error goes once
 * through a procedure that does nothing but that; calls that are let in pay for no such step.
 */
export function createPresenter({ config, build }: ErrorParts): Present {
  const note = build(
    ({ error }) => (error instanceof RefusedCall ? error.leave() : undefined),
    ({ input }) => {
      throw input;
    },
  );
  return async (thrown, { ctx, type, path, batchIndex }) => {
    if (!(thrown instanceof RefusedCall) || thrown.hasLeft) return disclaim(thrown);
    const noteOn = (error: RefusedCall) =>
      note({ ctx, type, path, batchIndex, input: error, getRawInput: async () => undefined }).catch(() => undefined);
    thrown.shape(getTRPCErrorShape({ config, error: thrown, type, path, input: undefined, ctx }));
    await noteOn(thrown);
    if (thrown.hasLeft) return thrown;
    // A formatter of `base` has been there.
    const error = thrown.again();
    await noteOn(error);
    return error;
  };
}

/** Stands before the user's own `base`, so that a refusal leaves after the formatters in there have seen it. */
export function createFront(present: Present) {
  return async (call: Call): Promise<CallResult | undefined> => {
    const result = await call.next();
    return result?.ok === false ? { ...result, error: await present(result.error, call) } : result;
  };
}

function dataOf({ reason, retryAfter, maxAge, nonce }: Refusal, hasRun: boolean): RefusalData {
  return {
    reason,
    ...(hasRun ? {} : { ran: false }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(nonce === undefined ? {} : { nonce }),
  };
}

/**
 * An error that makes no claim about this call. A refusal that comes out of a procedure which has run is that of another
 * call, made through a caller: passed on as it is it would claim that this procedure has not run.
 */
export function disclaim<E>(error: E): E | TRPCError {
  if (!(error instanceof RefusedCall && error.hasLeft)) return error;
  return new TRPCError({ code: error.code, message: error.message, cause: error.cause });
}

/** What somebody's code answers, now or later; its errors make no claim about this call. */
export async function disclaimed<T>(ask: () => T | PromiseLike<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw disclaim(cause);
  }
}
