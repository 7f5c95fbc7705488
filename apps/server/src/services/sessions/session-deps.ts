import type { SessionReply, World } from "@countersign/tokens";
import type { Store } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { RefusedTokens } from "../limits/refused-tokens.ts";
import type { AccessTokens, Grants } from "./access-tokens.ts";
import type { OwnClaims } from "./claims.ts";
import type { Handoffs } from "./handoffs.ts";
import type { Lifetimes } from "./lifetimes.ts";
import type { Proofs } from "./proofs.ts";
import type { RefreshTokens } from "./refresh-tokens.ts";

/** What starting, refreshing and ending a session need. */
export interface SessionDeps {
  readonly store: Store;
  readonly world: World;
  readonly audit: AuditWriter;
  readonly handoffs: Handoffs;
  readonly accessTokens: AccessTokens;
  readonly claims: OwnClaims;
  readonly refreshTokens: RefreshTokens;
  readonly refusedTokens: RefusedTokens;
  readonly proofs: Proofs;
  readonly lifetimes: Lifetimes;
}

/** The reply to a start or a refresh that has been committed. */
export async function replyWith(deps: SessionDeps, grants: Grants): Promise<SessionReply> {
  const [tokens, refreshToken] = await Promise.all([
    deps.accessTokens.sign(grants),
    deps.refreshTokens.format(grants.session),
  ]);
  return {
    account: grants.account.id,
    session: grants.session.id,
    server_time: grants.at / 1000,
    session_end: grants.session.absEnd / 1000,
    tokens,
    refresh_token: refreshToken,
  };
}
