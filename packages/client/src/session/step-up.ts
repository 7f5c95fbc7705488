import type { TRPCClient } from "@trpc/client";
import type { IssuerRouter } from "../api.ts";
import { untilAborted } from "../until-aborted.ts";
import type { Holder } from "./holder.ts";
import type { Session } from "./session.ts";

/** What a refused call asks for. */
export interface StepUpRequest {
  /** How old the sign-in may be at most, in seconds; where the API says. */
  readonly maxAge: number | undefined;
}

/**
 * Has the person prove again who they are, with `client.stepUp` for example. Once it resolves, the calls that were refused
 * are repeated; when it throws, they fail with `step_up_required`.
 */
export type StepUpHandler = (request: StepUpRequest) => Promise<void> | void;

/** The app's answers to `step_up_required`. */
export interface StepUps {
  /** How often somebody has stepped up here. */
  readonly done: number;
  /** The one that came last is asked. @returns how to take it back */
  add(handler: StepUpHandler): () => void;
  /** Asks the handler, once for all who ask meanwhile. @returns whether it did what was asked */
  ask(request: StepUpRequest): Promise<boolean>;
}

export function createStepUps(holder: Pick<Holder, "epoch" | "onHeld">): StepUps {
  const handlers: { readonly handle: StepUpHandler }[] = [];
  let asking: { readonly epoch: number; readonly answered: Promise<boolean> } | undefined;
  let done = 0;

  /** Nobody waits for the answer of somebody who has gone: who comes next is asked for themselves. */
  async function answer(handle: StepUpHandler, request: StepUpRequest, epoch: number): Promise<boolean> {
    const gone = new AbortController();
    const stop = holder.onHeld(() => {
      if (holder.epoch !== epoch) gone.abort();
    });
    try {
      await untilAborted(Promise.resolve(handle(request)), gone.signal);
      done += 1;
      return true;
    } catch {
      // Mostly somebody who closed a dialog. The call fails with what the API said.
      return false;
    } finally {
      stop();
    }
  }

  return {
    get done() {
      return done;
    },
    add(handle) {
      const entry = { handle };
      handlers.push(entry);
      return () => {
        const at = handlers.indexOf(entry);
        if (at >= 0) handlers.splice(at, 1);
      };
    },
    async ask(request) {
      const last = handlers.at(-1);
      if (!last) return false;
      const { epoch } = holder;
      if (asking?.epoch !== epoch) {
        const answered = answer(last.handle, request, epoch).finally(() => {
          if (asking?.answered === answered) asking = undefined;
        });
        asking = { epoch, answered };
      }
      return await asking.answered;
    },
  };
}

/** Proves the password again: see `CountersignClient.stepUp`. The tokens that say so come with a refresh. */
export function createStepUp(api: TRPCClient<IssuerRouter>, session: Pick<Session, "refresh">) {
  return async ({ password }: { readonly password: string }): Promise<void> => {
    await api.account.stepUp.mutate({ password });
    await session.refresh();
  };
}
