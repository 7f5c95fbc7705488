import { actions, isKnownReason } from "../actions.ts";
import type { ClientWorld } from "../client-world.ts";
import { ClientError } from "../errors.ts";
import { untilAborted } from "../until-aborted.ts";
import type { EventSourceDeps } from "./event-source.ts";
import { createEventReader } from "./event-stream.ts";

/** Pauses before the next attempt grow from one to the other, in milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface FollowedEvents extends EventSourceDeps {
  readonly url: string | URL;
  /** Under whom it was asked for. */
  readonly epoch: number;
  /** What its events come from. */
  readonly source: object;
  readonly signal: AbortSignal;
  /** Is told of each event, and of the state that it comes in: connecting (0) or open (1). */
  readonly tell: (state: 0 | 1, type: string, event: unknown) => void;
}

/**
 * Follows an event stream. It connects again after what may pass, from the last event on, with an event of type `error`.
 *
 * @throws what no other attempt would change; the signal's reason; `session_ended` once its account has signed out, or
 * somebody else signs in
 */
export async function followEvents(followed: FollowedEvents): Promise<never> {
  const { holder, epoch } = followed;
  const gone = new AbortController();
  const look = () => {
    if (holder.epoch !== epoch) gone.abort(new ClientError("session_ended"));
  };
  const giveUp = () => gone.abort(followed.signal.reason);
  followed.signal.addEventListener("abort", giveUp);
  const stop = holder.onHeld(look);
  try {
    look();
    if (followed.signal.aborted) giveUp();
    return await untilAborted(follow({ ...followed, signal: gone.signal }), gone.signal);
  } finally {
    stop();
    followed.signal.removeEventListener("abort", giveUp);
  }
}

async function follow({ url, fetch, answers, source, world, signal, tell }: FollowedEvents): Promise<never> {
  let lastEventId = "";
  let pause = FIRST_PAUSE_MS;

  /** Reads one response to its end. @throws why it could not be read */
  const read = async (): Promise<void> => {
    const from: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
    const headers = { accept: "text/event-stream", ...from };
    const response = await fetch(url, { headers, signal, cache: "no-store" });
    answers(source, response);
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
      // What has ended, or broken off, knows of nothing to cancel.
      reader.cancel().catch(() => undefined);
    }
  };

  for (;;) {
    const error = await read().then(
      () => new ClientError("network"),
      (cause: unknown) => cause,
    );
    if (signal.aborted) throw signal.reason;
    if (isFinal(error)) throw error;
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
