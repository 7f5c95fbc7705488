import { actions, isKnownReason } from "./actions.ts";
import type { ClientWorld } from "./client-world.ts";
import { ClientError } from "./errors.ts";
import { createEventReader } from "./event-stream.ts";
import type { SessionFetch } from "./session.ts";

type Listener = (event: never) => void;

/** An `EventSource` as far as tRPC's `httpSubscriptionLink` uses one. */
export interface SessionEventSource {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSED: 2;
  readonly readyState: 0 | 1 | 2;
  addEventListener(type: string, listener: Listener): void;
  removeEventListener(type: string, listener: Listener): void;
  close(): void;
}

export type SessionEventSourceClass = new (url: string | URL) => SessionEventSource;

/** Pauses before the next attempt grow from one to the other, in milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface EventSourceDeps {
  readonly fetch: SessionFetch;
  /** Is told which response a source reads from now on. */
  readonly answers: (source: object, response: Response) => void;
  readonly world: ClientWorld;
}

/**
 * A class like `EventSource` whose requests are the session's: the token in a header, each attempt with a current one. It
 * connects again after what may pass, from the last event on, and closes after what may not. An event of type `error` is
 * the `Error` itself.
 */
export function createEventSource({ fetch, answers, world }: EventSourceDeps): SessionEventSourceClass {
  return class implements SessionEventSource {
    readonly CONNECTING = 0;
    readonly OPEN = 1;
    readonly CLOSED = 2;
    readyState: 0 | 1 | 2 = 0;
    readonly #controller = new AbortController();
    readonly #listeners = new Map<string, Set<Listener>>();
    #lastEventId = "";
    #pause = FIRST_PAUSE_MS;

    constructor(url: string | URL) {
      void this.#run(url);
    }

    addEventListener(type: string, listener: Listener) {
      const listeners = this.#listeners.get(type) ?? new Set();
      this.#listeners.set(type, listeners.add(listener));
    }

    removeEventListener(type: string, listener: Listener) {
      this.#listeners.get(type)?.delete(listener);
    }

    close() {
      this.readyState = 2;
      this.#controller.abort();
    }

    #tell(type: string, event: unknown) {
      for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event as never);
    }

    async #run(url: string | URL) {
      while (this.readyState !== 2) {
        const error = await this.#read(url).catch((cause: unknown) => cause);
        // A close from outside has no error to tell.
        if (this.#controller.signal.aborted) return;
        this.readyState = isFinal(error) ? 2 : 0;
        this.#tell("error", error);
        await this.#wait();
      }
    }

    /** Reads one response to its end. @returns that it ended @throws why it could not be read */
    async #read(url: string | URL): Promise<Error> {
      const from: Record<string, string> = this.#lastEventId === "" ? {} : { "last-event-id": this.#lastEventId };
      const headers = { accept: "text/event-stream", ...from };
      const response = await fetch(url, { headers, signal: this.#controller.signal, cache: "no-store" });
      answers(this, response);
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
      if (!response.ok || !isStream || !response.body) {
        await response.body?.cancel();
        throw new ClientError(response.status >= 500 ? "network" : "unknown", { status: response.status });
      }
      this.readyState = 1;
      this.#pause = FIRST_PAUSE_MS;
      this.#tell("open", {});
      const read = createEventReader(this.#lastEventId);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        for (const event of read(part.value)) {
          this.#lastEventId = event.lastEventId;
          if (this.readyState === 1) this.#tell(event.type, event);
        }
      }
      return new ClientError("network");
    }

    async #wait() {
      if (this.readyState === 2) return;
      const pause = this.#pause;
      this.#pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      await new Promise<void>((resolve) => {
        const cancel = world.setTimer(resolve, pause * (0.5 + world.random() / 2));
        this.#controller.signal.addEventListener("abort", () => {
          cancel();
          resolve();
        });
      });
    }
  };
}

/** What no other attempt would change. What is not the session's word is a network that failed. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ClientError) || error.reason === "network") return false;
  return !isKnownReason(error.reason) || actions[error.reason] !== "wait";
}
