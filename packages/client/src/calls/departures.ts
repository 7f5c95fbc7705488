/**
 * Calls on their way from the link to the request that carries them. tRPC's links gather calls for a moment, and nothing
 * that a link knows of a call reaches `fetch`: so the session remembers under whom each call began, by its path, and a
 * request that would carry a call of one account with the token of another does not leave.
 */
export interface Departures {
  /** A call begins. @returns how to take it back, harmless once it has left */
  announce(path: string, epoch: number): () => void;
  /** A request leaves. @returns whether all calls in it began in this epoch */
  leave(url: URL, epoch: number): boolean;
}

interface Call {
  readonly path: string;
  readonly epoch: number;
}

export function createDepartures(): Departures {
  const calls = new Set<Call>();

  /** The first announced call that a part of the URL names: `/trpc/users.list,users.get` or `/trpc/users/list`. */
  const take = (name: string): Call | undefined => {
    for (const call of calls) {
      if (name !== call.path && !name.endsWith(`.${call.path}`)) continue;
      calls.delete(call);
      return call;
    }
    return undefined;
  };

  return {
    announce(path, epoch) {
      const call = { path, epoch };
      calls.add(call);
      return () => void calls.delete(call);
    },
    leave(url, epoch) {
      if (calls.size === 0) return true;
      const names = decode(url.pathname).replaceAll("/", ".").split(",");
      return names.map(take).every((call) => call === undefined || call.epoch === epoch);
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
