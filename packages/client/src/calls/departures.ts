import type { ClientWorld } from "../client-world.ts";

/**
 * Calls on their way from the link to the requests that carry them. tRPC's links gather calls for a moment, some send one
 * again, and nothing that a link knows of a call reaches `fetch`: so the session remembers under whom each call began, by
 * its path, and a request that would carry a call of one account with the token of another does not leave.
 */
export interface Departures {
  /** A call begins. */
  announce(path: string, epoch: number): Departure;
  /** A request leaves. @returns whether all calls in it began in this epoch */
  leave(url: URL, epoch: number): boolean;
}

export interface Departure {
  /** Whether a request that may be this call's has left. */
  readonly hasLeft: boolean;
  /** It has been answered, or was given up. What has not left until then may leave all the same, with others in its batch. */
  finish(): void;
}

interface Call {
  readonly path: string;
  readonly epoch: number;
  hasLeft: boolean;
  /** When it was given up before it left; `undefined` where it was not. */
  givenUpAt?: number;
}

/** How long a call that was given up is still expected to leave, in milliseconds. */
const LINGER_MS = 10_000;

export function createDepartures({ monotonic }: Pick<ClientWorld, "monotonic">): Departures {
  /** By their paths, of which an API has only so many. */
  const calls = new Map<string, Set<Call>>();
  /** Those that were given up, in that order. */
  const lingering = new Set<Call>();

  const remove = (call: Call) => {
    lingering.delete(call);
    calls.get(call.path)?.delete(call);
  };
  const forget = () => {
    const now = monotonic();
    for (const call of lingering) {
      if (now - (call.givenUpAt ?? now) <= LINGER_MS) return;
      remove(call);
    }
  };

  /** Calls that a part of the URL may be, `/trpc/users.list,users.get` or `/trpc/users/list`: what stands before is the API's. */
  function* named(name: string): Iterable<Call> {
    for (let at = 0; at >= 0; at = name.indexOf(".", at) + 1 || -1) yield* calls.get(name.slice(at)) ?? [];
  }

  /** The one that it most likely is. */
  const find = (name: string, epoch: number, taken: ReadonlySet<Call>): Call | undefined => {
    let own: Call | undefined;
    let others: Call | undefined;
    for (const call of named(name)) {
      if (taken.has(call)) continue;
      if (call.epoch !== epoch) others ??= call;
      else if (!call.hasLeft) return call;
      else own ??= call;
    }
    // One of another account may come once more where each of this one's has left.
    return others ?? own;
  };

  return {
    announce(path, epoch) {
      forget();
      const call: Call = { path, epoch, hasLeft: false };
      calls.set(path, (calls.get(path) ?? new Set()).add(call));
      return {
        get hasLeft() {
          return call.hasLeft;
        },
        finish() {
          if (call.hasLeft) return remove(call);
          call.givenUpAt ??= monotonic();
          lingering.add(call);
        },
      };
    },
    leave(url, epoch) {
      forget();
      const taken = new Set<Call>();
      for (const name of decode(url.pathname).replaceAll("/", ".").split(",")) {
        const call = find(name, epoch, taken);
        if (call) taken.add(call);
      }
      for (const call of taken) {
        call.hasLeft = true;
        if (lingering.has(call)) remove(call);
      }
      return [...taken].every((call) => call.epoch === epoch);
    },
  };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
