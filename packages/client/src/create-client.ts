import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Access } from "./access/access.ts";
import { createAccesses } from "./access/accesses.ts";
import type { IssuerRouter } from "./api.ts";
import { type ConnectOptions, connect } from "./calls/connect.ts";
import { connectIssuer } from "./calls/connect-issuer.ts";
import { type ClientWorld, systemClientWorld } from "./client-world.ts";
import { createSession } from "./create-session.ts";
import { type ModeOptions, modeOf } from "./mode.ts";
import { checkAudience, createAudiences } from "./session/audiences.ts";
import type { Session } from "./session/session.ts";
import { createStepUp, type StepUpHandler } from "./session/step-up.ts";
import { createSignIn, type SignIn } from "./sign-in/sign-in.ts";

/** The same in every mode. */
export interface SharedOptions {
  /** The issuer's address: https, or http on loopback. With its path, where it has one. */
  readonly url: string;
  /** Other APIs to have tokens for from the start. `connect` adds its own. */
  readonly audiences?: readonly string[] | undefined;
  /** Has the user prove again who they are, when an API asks for a fresh sign-in: `session.onStepUp`. */
  readonly onStepUp?: StepUpHandler | undefined;
  /** How requests are made; the runtime's own unless given. */
  readonly fetch?: typeof fetch | undefined;
  /** How long the server may take to answer a request for tokens, in milliseconds; 10 000 unless given. */
  readonly timeout?: number | undefined;
  /** Clocks, timers and jitter; the machine's unless given. */
  readonly world?: ClientWorld | undefined;
}

export type ClientOptions = SharedOptions & ModeOptions;

export interface CountersignClient extends SignIn {
  /** The issuer's own API; each call in a request of its own. */
  readonly api: TRPCClient<IssuerRouter>;
  readonly session: Session;
  /** What may be called at the issuer's own API. */
  readonly access: Access<IssuerRouter>;
  /** `access.can`: whether a procedure of the issuer's API may be called, `can("users.disable")`. */
  readonly can: Access<IssuerRouter>["can"];
  /** The same of any other guarded API, by its audience: `accessTo<NotesRouter>(url).can("notes.create")`. One for all. */
  accessTo<Router extends AnyTRPCRouter>(audience: string): Access<Router>;
  /** A typed client for any other guarded API: `connect<NotesRouter>({ url })`. */
  connect<Router extends AnyTRPCRouter>(options: ConnectOptions<Router>): TRPCClient<Router>;
  /**
   * Proves the password again, for calls that ask for a fresh sign-in; the session goes on.
   *
   * @throws with the server's reason: `wrong_credentials`, `rate_limited`, see `reasonOf`
   */
  stepUp(proof: { readonly password: string }): Promise<void>;
  /**
   * Stops the timers that nobody waits for, and listens to other tabs no more. What is under way still ends well, what is
   * asked for still works, and a subscription is its subscriber's to end.
   */
  dispose(): void;
}

const PATIENCE_MS = 10_000;

/**
 * A client of one issuer: its API, typed, and the session that carries the tokens.
 *
 * @throws {TypeError} for an address that is none, or one without TLS; for a mode that does not fit the rest
 */
export function createClient(options: ClientOptions): CountersignClient {
  const { world = systemClientWorld, timeout = PATIENCE_MS } = options;
  const mode = modeOf(options);
  const url = new URL(checkAudience("url", options.url)).href.replace(/\/$/, "");
  const others = (options.audiences ?? []).map((audience) => checkAudience("audiences", audience));
  const audiences = createAudiences(url, others);
  // Looked up at each request: whoever replaces the global one later is served as well.
  const fetch = options.fetch ?? ((...request) => globalThis.fetch(...request));
  const { session, begin, jkt, warn, dispose } = createSession({ url, mode, audiences, fetch, timeout, world });

  if (options.onStepUp) session.onStepUp(options.onStepUp);
  const api = connectIssuer(url, session);
  const accessTo = createAccesses({ own: url, api, session, world, warn });
  const access = accessTo<IssuerRouter>(url);

  return Object.freeze({
    api,
    session,
    access,
    can: access.can,
    accessTo,
    stepUp: createStepUp(api, session),
    ...createSignIn({ url, client: mode.client, jkt, begin, fetch }),
    connect<Router extends AnyTRPCRouter>(to: ConnectOptions<Router>) {
      audiences.want(checkAudience("audience", to.audience ?? new URL(to.url).origin));
      return connect<Router>(session, to);
    },
    dispose,
  });
}
