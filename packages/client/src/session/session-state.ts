import type { Reason } from "../api.ts";
import type { ClientReason } from "../errors.ts";

/** Who is signed in here, and nothing that has to be kept secret. */
export type SessionState =
  /** Nobody knows yet: storage was not read, or the server, who alone can read the cookie, could not be asked. */
  | { readonly status: "unknown" }
  | { readonly status: "signed-out" }
  | (KnownSession & { readonly status: "signed-in" | "refreshing" })
  /**
   * The last attempt to renew it did not reach the server: no network, a timeout, an error of the server's, or somebody
   * else's page. The session may be alive still, and is asked about again until it is known or its end has passed. A
   * server that answers `busy` or `rate_limited` was reached.
   */
  | (KnownSession & {
      readonly status: "offline";
      /**
       * When the access token for the issuer expires, in seconds since the epoch, by the server's clock. `undefined` on a page
       * in cookie mode that was loaded offline: it has none.
       */
      readonly expiresAt: number | undefined;
    });

/** A session as the server last told of it. */
export interface KnownSession {
  /** Id of the account. */
  readonly account: string;
  /** Id of the session. */
  readonly session: string;
  /** When it ends however often it is refreshed, in seconds since the epoch, by the server's clock. */
  readonly endsAt: number;
  /** What the account may do at the issuer itself, as of the last refresh. The server decides, each time. */
  readonly permissions: readonly string[];
}

/** Something that an app may want to log or show. The session goes on. */
export type SessionWarning =
  /** The server will not renew this session, `key_mismatch` where its key is lost; its access tokens are used until they expire, then it is signed out. */
  | { readonly kind: "refresh_rejected"; readonly reason: ClientReason }
  /** The server will not say who is signed in, and asking again would change nothing: this app is not registered so. */
  | { readonly kind: "not_resumed"; readonly reason: Reason }
  /** Tokens are in memory only: the storage threw, took too long, or holds what nobody can read. */
  | { readonly kind: "storage"; readonly operation: "get" | "set" | "remove"; readonly problem: StorageProblem }
  /** Signed out here; the server could not be told yet, and will be at the next start. */
  | { readonly kind: "end_pending" }
  /** A listener of the app threw. */
  | { readonly kind: "listener"; readonly cause: unknown };

export type StorageProblem = "failed" | "too_slow" | "unreadable";
