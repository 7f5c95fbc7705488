import { formatRefreshToken, isAuthentic, parseRefreshToken } from "@countersign/tokens";
import type { Installation, Session } from "../../store/records.ts";
import type { Queries } from "../../store/store.ts";
import type { RefreshSecrets } from "./refresh-secrets.ts";

/** An authentic refresh token, or why it is none. Only the first kind was certainly made here. */
type Authenticated =
  | { readonly session: Session; readonly gen: number }
  | {
      readonly session: undefined;
      readonly cause: "malformed" | "unknown_session" | "unknown_secret" | "not_authentic";
    };

export interface RefreshTokens {
  /** The token of the session's present generation: always the same text for the same row. */
  format(session: Session): Promise<string>;
  /** Does not check: client, key, end or generation of the session; that is `judgeRefresh`. */
  authenticate(queries: Pick<Queries, "sessions">, text: string): Promise<Authenticated>;
  /** The version of the secret that new tokens are made with. */
  newestSecret(): number;
}

export interface RefreshTokensDeps {
  readonly installation: Installation;
  readonly secrets: RefreshSecrets;
}

export function createRefreshTokens({ installation: { epoch }, secrets }: RefreshTokensDeps): RefreshTokens {
  return {
    newestSecret: () => secrets.newest(),

    format: async ({ id, gen, secretVersion, salt }) => {
      const key = await secrets.byVersion(secretVersion);
      if (!key) throw new Error("a session was written with a secret that is not here");
      return await formatRefreshToken({ sessionId: id, gen, secretVersion }, { key, epoch, salt });
    },

    authenticate: async (queries, text) => {
      const parts = parseRefreshToken(text);
      if (!parts) return { session: undefined, cause: "malformed" };
      const session = await queries.sessions.byId(parts.sessionId);
      if (!session) return { session: undefined, cause: "unknown_session" };
      const key = await secrets.byVersion(parts.secretVersion);
      if (!key) return { session: undefined, cause: "unknown_secret" };
      const authentic = await isAuthentic(parts, { key, epoch, salt: session.salt });
      return authentic ? { session, gen: parts.gen } : { session: undefined, cause: "not_authentic" };
    },
  };
}
