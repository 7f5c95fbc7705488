import { actions, isKnownReason } from "../actions.ts";
import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import type { SessionFetch } from "../session/session.ts";
import { untilAborted } from "../until-aborted.ts";
import { createEventReader } from "./event-stream.ts";

/** Pauses before the next attempt grow from one to the other, in milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface FollowedEvents {
  readonly url: string | URL;
  readonly fetch: SessionFetch;
  /** Is told of each response before it is read. */
  readonly answered: (response: Response) => void;
  readonly world: ClientWorld;
  readonly signal: AbortSignal;
  /** Is told of each event, and of the state that it comes in: connecting (0) or open (1). */
  readonly tell: (state: 0 | 1, type: string, event: unknown) => void;
}

/**
 * Follows an event stream. It connects again after what may pass, from the last event on, with an event of type `error`.
 *
 * @throws what no other attempt would change; the signal's reason
 */
export async function followEvents({ url, fetch, answered, world, signal, tell }: FollowedEvents): Promise<never> {
  let lastEventId = "";
  let pause = FIRST_PAUSE_MS;

  /** Reads one response to its end. @throws why it could not be read */
  const read = async (): Promise<void> => {
    const from: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
    const headers = { accept: "text/event-stream", ...from };
    const response = await fetch(url, { headers, signal, cache: "no-store" });
    answered(response);
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok || !isStream || !response.body) {
      await response.body?.cancel();
      throw new ClientError(response.status >= 500 ? "network" : "unknown", { status: response.status });
    }
    pause = FIRST_PAUSE_MS;
    tell(1, "open", {});
    const events = createEventReader(lastEventId);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        for (const event of events(part.value)) {
          lastEventId = event.lastEventId;
          tell(1, event.type, event);
        }
      }
    } finally {
      // A listener that throws has read enough of it. One that has ended, or broken off, knows of nothing to cancel.
      reader.cancel().catch(() => undefined);
    }
  };

  for (;;) {
    const error = await read().then(
      () => new ClientError("network"),
      (cause: unknown) => cause,
    );
    if (signal.aborted || isFinal(error)) throw error;
    tell(0, "error", error);
    await sleep(world, pause * (0.5 + world.random() / 2), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

function sleep(world: ClientWorld, milliseconds: number, signal: AbortSignal): Promise<void> {
  let cancel = () => {};
  const slept = new Promise<void>((resolve) => {
    cancel = world.setTimer(resolve, milliseconds);
  });
  return untilAborted(slept, signal).finally(() => cancel());
}

/** What no other attempt would change. What is not the session's word is a network that failed. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ClientError) || error.reason === "network") return false;
  return !isKnownReason(error.reason) || actions[error.reason] !== "wait";
}
