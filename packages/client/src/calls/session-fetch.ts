import { ClientError } from "../errors.ts";
import type { Prover } from "../keeping/prover.ts";
import type { Obtained } from "../renewal/tokens.ts";
import type { Audiences } from "../session/audiences.ts";
import type { Holder } from "../session/holder.ts";
import type { SessionFetch } from "../session/session.ts";
import { unredirected } from "../unredirected.ts";
import { untilAborted } from "../until-aborted.ts";
import { headersOf, methodOf, urlOf, withToken } from "./bearing.ts";
import type { Departures } from "./departures.ts";

/** What a response was asked with. Secret. */
export interface AskedWith {
  readonly url: string;
  readonly audience: string;
  readonly token: string;
  /** Id of the session that the token is of. */
  readonly session: string | undefined;
  /** Whether the request had the session renewed before it went out. */
  readonly renewed: boolean;
  /** Why that failed, where the request went out with an expired token. */
  readonly failure?: unknown;
}

export interface SessionFetchDeps {
  readonly fetch: typeof fetch;
  /** Looks whether somebody is signed in. */
  readonly loaded: () => Promise<void>;
  readonly holder: Holder;
  readonly audiences: Audiences;
  readonly departures: Departures;
  readonly obtain: (audience: string) => Promise<Obtained>;
  /** Proves requests with tokens that are bound to a key; missing where none are. */
  readonly prover: Prover | undefined;
}

interface Made {
  readonly fetch: SessionFetch;
  /**
   * What a response was asked with, or the one that a source of events reads: `null` where it is of nobody that gets tokens
   * of ours, `undefined` where nothing is known of it.
   */
  askedWith(response: unknown): AskedWith | null | undefined;
  /** A source of events reads a response from now on: who reads its events sees the source and no response. */
  answers(source: object, response: Response): void;
}

/** `fetch` that carries the session's token to its audience and nowhere else: see `Session.fetch`. */
export function createSessionFetch(deps: SessionFetchDeps): Made {
  const { fetch, loaded, holder, audiences, departures, obtain, prover } = deps;
  const asked = new WeakMap<object, AskedWith | null | undefined>();

  const sessionFetch: SessionFetch = async (input, options) => {
    // An option that is undefined is none; only the types tell the two apart.
    const init = options as RequestInit | undefined;
    const url = urlOf(input);
    if (headersOf(input, init).has("authorization")) return await fetch(input, init);
    const audience = url && audiences.of(url);
    if (!audience) {
      const response = await fetch(input, init);
      asked.set(response, null);
      return response;
    }
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    await untilAborted(loaded(), signal);
    const { epoch } = holder;
    if (!departures.leave(url, epoch)) throw new ClientError("session_ended");
    const { token, bound, session, renewed, failure } = await untilAborted(obtain(audience), signal);
    // Whoever began this has signed out, or is somebody else now.
    if (holder.epoch !== epoch) throw new ClientError("session_ended");
    if (token === undefined) {
      if (failure !== undefined && (holder.held || holder.isUnknown)) throw failure;
      return await fetch(input, init);
    }
    const proof = bound && (await prover?.prove({ method: methodOf(input, init), url: url.href, token }));
    if (holder.epoch !== epoch) throw new ClientError("session_ended");
    // The token goes where it was sent: whoever redirects gets nothing.
    const response = await unredirected(fetch)(...withToken(token, proof, { input, url }, init));
    if (proof) await prover?.offer(url.href, response.headers);
    asked.set(response, { url: url.href, audience, token, session, renewed, failure });
    return response;
  };

  return {
    fetch: sessionFetch,
    // What is no object was never asked for.
    askedWith: (response) => asked.get(response as object),
    answers: (source, response) => void asked.set(source, asked.get(response)),
  };
}
