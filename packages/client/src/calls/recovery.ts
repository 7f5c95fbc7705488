import { type Action, actions } from "../actions.ts";
import { guardRefusalOf, maxAgeOf, nonceOf, responseOf, toldReasonOf } from "../errors.ts";
import type { Prover } from "../keeping/prover.ts";
import type { Renewal } from "../renewal/renewal.ts";
import type { Holder } from "../session/holder.ts";
import { tokenOf } from "../session/session-record.ts";
import type { StepUps } from "../session/step-up.ts";
import type { AskedWith } from "./session-fetch.ts";

/** How things stood when a call began. */
interface Began {
  readonly epoch: number;
  readonly renewals: number;
  readonly session: string | undefined;
  readonly stepUps: number;
  /** What was done about it so far: each once. */
  readonly tried: Set<Action>;
}

export interface Recovery {
  begin(): Began;
  /**
   * Does what a failed call asks for.
   *
   * @param stream where it is one: one that was open goes on after its last event, so nothing is repeated
   * @returns whether to repeat the call: the guard refused it before it ran, and there is a newer token of the same
   * account
   * @throws {ClientError} why there is no newer token
   */
  recover(error: unknown, began: Began, stream?: FailedStream): Promise<boolean>;
}

/** A stream of events that failed. */
interface FailedStream {
  readonly isOpen: boolean;
  /** What its events came from, where the link tells. */
  readonly source?: unknown;
}

export interface RecoveryDeps {
  readonly holder: Holder;
  readonly renewal: Renewal;
  readonly stepUps: StepUps;
  readonly prover: Prover | undefined;
  readonly askedWith: (response: unknown) => AskedWith | null | undefined;
}

/**
 * What is done about calls that failed: by the guard's own word only (`ran: false` and a reason), never by a status, and
 * never after a failure that leaves open whether the call ran.
 */
export function createRecovery({ holder, renewal, stepUps, prover, askedWith }: RecoveryDeps): Recovery {
  async function refresh(asked: AskedWith | undefined, began: Began): Promise<boolean> {
    // What stood in the way of a new token before the call went out stands there still.
    if (asked?.failure !== undefined) throw asked.failure;
    // Renewed for this very call, and refused all the same: once is enough.
    if (asked?.renewed) return false;
    const { held } = holder;
    if (!held) return false;
    // A call that was refused beside this one may have had the session renewed already.
    const isOld = asked
      ? tokenOf(held.record, asked.audience)?.accessToken !== asked.token
      : holder.renewals !== began.renewals;
    if (!isOld) await renewal.renew({ due: true, audience: asked?.audience });
    return holder.held !== undefined && holder.epoch === began.epoch;
  }

  async function stepUp(error: unknown, began: Began): Promise<boolean> {
    // Somebody stepped up after this call began: its token was of before.
    const isDone = stepUps.done !== began.stepUps || (await stepUps.ask({ maxAge: maxAgeOf(error) }));
    return isDone && holder.held !== undefined && holder.epoch === began.epoch;
  }

  /** The API wants its nonce in the proof. The refusal says it, because a stream's headers are gone by then. */
  async function proveAgain(error: unknown, asked: AskedWith | undefined): Promise<boolean> {
    const nonce = nonceOf(error);
    if (!prover || !asked || nonce === undefined) return false;
    await prover.demand(asked.url, nonce);
    return true;
  }

  return {
    begin: () => ({
      epoch: holder.epoch,
      renewals: holder.renewals,
      session: holder.held?.record.session,
      stepUps: stepUps.done,
      tried: new Set(),
    }),
    async recover(error, began, stream) {
      const reason = stream?.isOpen ? toldReasonOf(error) : guardRefusalOf(error);
      if (reason === undefined) return false;
      const asked = askedWith(responseOf(error));
      const source = askedWith(stream?.source);
      // Who gets no token of ours has no say about it.
      if (asked === null || source === null) return false;
      const action = actions[reason];
      if (began.tried.has(action)) return false;
      began.tried.add(action);
      if (action === "refresh") return await refresh(asked, began);
      if (action === "prove-again") return await proveAgain(error, asked ?? source);
      if (action === "step-up") return await stepUp(error, began);
      const { held } = holder;
      const isOver = reason === "session_ended" && held?.record.session === (asked ?? began).session;
      if (isOver && held) await renewal.leave(held);
      return false;
    },
  };
}
