import type { ClientWorld } from "../client-world.ts";
import type { Holder } from "../session/holder.ts";
import type { SessionFetch } from "../session/session.ts";
import { loadStreams } from "./load-streams.ts";

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

export interface EventSourceDeps {
  readonly fetch: SessionFetch;
  /** Is told which response a source reads from now on. */
  readonly answers: (source: object, response: Response) => void;
  readonly holder: Pick<Holder, "epoch" | "onHeld" | "warn">;
  readonly world: ClientWorld;
}

/**
 * A class like `EventSource` whose requests are the session's: the token in a header, each attempt with a current one. It
 * connects again after what may pass, from the last event on, and closes after what may not, and where its account signs out
 * or somebody else signs in. An event of type `error` is the `Error` itself.
 */
export function createEventSource(deps: EventSourceDeps): SessionEventSourceClass {
  return class implements SessionEventSource {
    readonly CONNECTING = 0;
    readonly OPEN = 1;
    readonly CLOSED = 2;
    readyState: 0 | 1 | 2 = 0;
    readonly #closing = new AbortController();
    readonly #listeners = new Map<string, Set<Listener>>();

    constructor(url: string | URL) {
      void this.#follow(url);
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
      this.#closing.abort();
    }

    async #follow(url: string | URL) {
      const { signal } = this.#closing;
      const { epoch } = deps.holder;
      const tell = (state: 0 | 1 | 2, type: string, event: unknown) => {
        // Whoever closed it hears no more.
        if (signal.aborted) return;
        this.readyState = state;
        for (const listener of [...(this.#listeners.get(type) ?? [])]) {
          try {
            listener(event as never);
          } catch (cause) {
            deps.holder.warn({ kind: "listener", cause });
          }
        }
      };
      try {
        const { followEvents } = await loadStreams();
        await followEvents({ ...deps, url, epoch, source: this, signal, tell });
      } catch (error) {
        tell(2, "error", error);
        this.close();
      }
    }
  };
}
