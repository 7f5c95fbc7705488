import type { Reason } from "./errors.ts";

/** One access token of a reply, for one audience (RFC 6749 §5.1). */
export interface TokenReply {
  readonly audience: string;
  readonly access_token: string;
  /** `DPoP`: it is good with proofs of the key that the session is bound to, and nothing else (RFC 9449 §5). */
  readonly token_type: "Bearer" | "DPoP";
  /** Life from `server_time`, in seconds. */
  readonly expires_in: number;
  /** The permissions that hold at the audience, space-separated. */
  readonly scope: string;
}

/** What `/session/start` and `/session/refresh` answer. */
export interface SessionReply {
  /** Account id, for the app to tell one user from the next. */
  readonly account: string;
  readonly session: string;
  /** The issuer's time of this reply in seconds since the epoch, with fractions: clients measure their skew by it. */
  readonly server_time: number;
  /** When the session ends however often it is refreshed, in seconds since the epoch. */
  readonly session_end: number;
  readonly tokens: readonly TokenReply[];
  /** Absent in cookie mode, where it travels in a cookie that no script reads. */
  readonly refresh_token?: string;
}

/** What every refusal outside tRPC looks like. Nothing of the request is ever in it. */
export interface ErrorReply {
  readonly error: Reason;
}
