import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { SessionEventSourceClass } from "../streams/event-source.ts";
import type { SessionState, SessionWarning } from "./session-state.ts";
import type { StepUpHandler } from "./step-up.ts";

/** A `fetch`, as strictly typed programs and tRPC's links both take it. */
export type SessionFetch = (
  input: string | URL | Request,
  init?: { readonly [Option in keyof RequestInit]?: RequestInit[Option] | undefined },
) => Promise<Response>;

/** One sign-in on this device, as the app sees it. Holds the tokens and shows them to nobody but who asks. */
export interface Session {
  /** As it is known now; `unknown` at first, see `ready`. */
  readonly state: SessionState;
  /**
   * Resolves once it is known who is signed in: in cookie mode when the server was asked, if there may be a cookie; elsewhere
   * when storage was read, and a server that cannot be reached is found out after that. Where the server could not
   * be asked about the cookie, `offline` as who it was last, or `unknown`; `unknown` on one that renders a page.
   */
  ready(): Promise<SessionState>;
  /**
   * Redeems the handoff of a sign-in.
   *
   * @throws {ClientError} with the server's reason; `invalid_grant` for a handoff that is used or expired; `session_ended` where
   * somebody signs out meanwhile
   */
  start(handoff: { readonly handoff: string }): Promise<void>;
  /**
   * Signs out. Here at once; at the server as soon as it can be reached, at the latest when the next client starts over
   * the same storage. Never throws for want of a server. Sign-ins and calls that have not left yet fail with `session_ended`.
   *
   * @throws {ClientError} `network` where the part of the SDK that reads the storage could not be loaded; not in cookie mode
   */
  end(): Promise<void>;
  /** Renews the tokens now. One request, however many ask. @throws {ClientError} */
  refresh(): Promise<void>;
  /**
   * A current access token, for other programs; of the issuer's own API unless an audience is given. `undefined` when
   * signed out.
   *
   * @throws {ClientError} `invalid_target` for an audience that the server does not know; why no token could be had
   */
  accessToken(audience?: string): Promise<string | undefined>;
  /**
   * What the account may do at an API, as of the last refresh; at the issuer itself unless an audience is given.
   * `undefined` when signed out, and while there is no token for that audience. The API decides, each time.
   */
  permissions(audience?: string): readonly string[] | undefined;
  /** Is called after every change of `state`. @returns how to stop */
  subscribe(listener: (state: SessionState) => void): () => void;
  /**
   * Is called when it is somebody else, or nobody, after the first look at storage: what was cached for the account
   * before must go. @returns how to stop
   */
  onAccountChange(listener: (account: string | undefined, before: string | undefined) => void): () => void;
  /**
   * Sets who has the user prove again who they are, when an API asks for a fresh sign-in: called once, however many calls
   * were refused, and each of them is repeated once. Of several the one that came last. @returns how to take it back
   */
  onStepUp(handler: StepUpHandler): () => void;
  /** @returns how to stop */
  onWarning(listener: (warning: SessionWarning) => void): () => void;
  /**
   * `fetch` with the access token of the audience that the URL belongs to, by exact origin; with no token for any other
   * URL. Redirects are errors where a token goes along. A request that brings its own `Authorization` is left alone.
   */
  readonly fetch: SessionFetch;
  /**
   * For `httpSubscriptionLink({ url, EventSource: session.EventSource })`: an event source whose requests are those of `fetch`,
   * with the token in a header. It closes when its account signs out, or somebody else signs in. Behind `link`, a subscription
   * outlives its tokens.
   */
  readonly EventSource: SessionEventSourceClass;
  /**
   * A link to put before the terminating one: repeats a call once that the guard refused before it ran, after renewing
   * the token. The terminating link needs `fetch: session.fetch`. A call is made as whoever began it, or not at all, whatever
   * links stand before and between.
   */
  link<Router extends AnyTRPCRouter>(): TRPCLink<Router>;
}
