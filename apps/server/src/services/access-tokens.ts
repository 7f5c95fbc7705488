import { type AccountClaims, issueAccessToken, type TokenReply, type World } from "@countersign/tokens";
import type { Account, Audience, Session } from "../store/records.ts";
import type { Queries } from "../store/store.ts";
import { scopeAt } from "./audiences.ts";
import { createId } from "./ids.ts";
import type { Keys } from "./keys.ts";

/** An installation's own claims, put under `ext`; reserved names are refused when the token is made. */
export type ClaimsOf = (subject: {
  readonly account: string;
  readonly audience: string;
}) => Promise<AccountClaims["ext"]>;

/** Everything that the tokens of one reply will say, read in one transaction. */
export interface Grants {
  readonly session: Session;
  readonly account: Account;
  readonly scopes: readonly { readonly audience: string; readonly scope: string }[];
  /** When it was read, in milliseconds: the tokens' `iat`. */
  readonly at: number;
}

export interface AccessTokens {
  /** Reads what the account may do. `session` and `account` were read before, in the same transaction. */
  read(
    queries: Pick<Queries, "roles">,
    about: Omit<Grants, "scopes"> & { readonly audiences: readonly Audience[] },
  ): Promise<Grants>;
  /** Signs one token for each audience. */
  sign(grants: Grants): Promise<readonly TokenReply[]>;
}

export interface AccessTokensDeps {
  readonly issuer: string;
  readonly keys: Keys;
  readonly world: World;
  /** Seconds. */
  readonly life: number;
  readonly claims?: ClaimsOf | undefined;
}

/**
 * Makes access tokens. Versions are read before permissions: a change in between leaves a token whose version is too
 * small, which is refused and refreshed, and never one that says more than holds.
 */
export function createAccessTokens({ issuer, keys, world, life, claims }: AccessTokensDeps): AccessTokens {
  return {
    read: async (queries, { session, account, audiences, at }) => {
      const granted = await queries.roles.grantedTo(account.id);
      return {
        session,
        account,
        at,
        scopes: audiences.map((one) => ({ audience: one.id, scope: scopeAt(one, granted) })),
      };
    },

    sign: async ({ session, account, scopes, at }) => {
      const iat = Math.floor(at / 1000);
      return await Promise.all(
        scopes.map(async ({ audience, scope }): Promise<TokenReply> => {
          const ext = await claims?.({ account: account.id, audience });
          const token = await issueAccessToken(
            {
              iss: issuer,
              sub: account.id,
              aud: audience,
              exp: iat + life,
              iat,
              jti: createId(world),
              client_id: session.clientId,
              sid: session.id,
              scope,
              auth_time: Math.floor(session.authTime / 1000),
              amr: [...session.amr],
              acr: session.acr,
              av: account.version,
              sv: session.version,
              ...(session.org === null ? {} : { org: session.org }),
              ...(ext === undefined ? {} : { ext }),
            },
            keys.current(),
          );
          return {
            audience,
            access_token: token,
            token_type: "Bearer",
            expires_in: ((iat + life) * 1000 - at) / 1000,
            scope,
          };
        }),
      );
    },
  };
}
