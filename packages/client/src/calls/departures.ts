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
  const calls = new Set<Call>();

  const forget = () => {
    for (const call of calls)
      if (monotonic() - (call.givenUpAt ?? Number.POSITIVE_INFINITY) > LINGER_MS) calls.delete(call);
  };

  /** The call that a part of the URL most likely is, of those that it names: `/trpc/users.list,users.get`, `/trpc/users/list`. */
  const find = (name: string, epoch: number, taken: ReadonlySet<Call>): Call | undefined => {
    const named = [...calls].filter(
      (call) => !taken.has(call) && (name === call.path || name.endsWith(`.${call.path}`)),
    );
    const own = named.filter((call) => call.epoch === epoch);
    // One of another account may come once more where each of this one's has left.
    return own.find((call) => !call.hasLeft) ?? named.find((call) => call.epoch !== epoch) ?? own[0];
  };

  return {
    announce(path, epoch) {
      forget();
      const call: Call = { path, epoch, hasLeft: false };
      calls.add(call);
      return {
        get hasLeft() {
          return call.hasLeft;
        },
        finish() {
          if (call.hasLeft) calls.delete(call);
          else call.givenUpAt ??= monotonic();
        },
      };
    },
    leave(url, epoch) {
      forget();
      if (calls.size === 0) return true;
      const taken = new Set<Call>();
      for (const name of decode(url.pathname).replaceAll("/", ".").split(",")) {
        const call = find(name, epoch, taken);
        if (call) taken.add(call);
      }
      for (const call of taken) {
        call.hasLeft = true;
        if (call.givenUpAt !== undefined) calls.delete(call);
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
