import { type AccountClaims, issueAccessToken, type TokenReply, type World } from "@countersign/tokens";
import type { Account, Audience, JsonObject, Session } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { scopeAt } from "../access/audiences.ts";
import { createId } from "../ids.ts";
import type { Keys } from "../keys/keys.ts";
import type { ClaimsFor } from "./claims.ts";

/** Everything that the tokens of one reply will say but for the session, read in one transaction. */
interface Granted {
  readonly account: Account;
  readonly tokens: readonly {
    readonly audience: Audience;
    readonly scope: string;
    readonly own?: JsonObject;
  }[];
  /** When it was read, in milliseconds: the tokens' `iat`. */
  readonly at: number;
}

export interface Grants extends Granted {
  readonly session: Session;
}

export interface AccessTokens {
  /** Reads what the account may do. `account` was read before, in the same transaction. */
  read(
    tx: Transaction,
    about: Omit<Granted, "tokens"> & { readonly audiences: readonly Audience[]; readonly claimsFor: ClaimsFor },
  ): Promise<Granted>;
  /** Signs one token for each audience. */
  sign(grants: Grants): Promise<readonly TokenReply[]>;
}

export interface AccessTokensDeps {
  readonly issuer: string;
  readonly keys: Keys;
  readonly world: World;
  /** Seconds. */
  readonly life: number;
}

/**
 * Makes access tokens. Versions are read before permissions: a change in between leaves a token whose version is too
 * small, which is refused and refreshed, and never one that says more than holds.
 */
export function createAccessTokens({ issuer, keys, world, life }: AccessTokensDeps): AccessTokens {
  return {
    read: async (tx, { account, audiences, claimsFor, at }) => {
      const claims = await claimsFor(account, audiences);
      await tx.share("roles");
      const granted = await tx.roles.grantedTo(account.id);
      const tokens = audiences.map((one) => {
        const own = claims.get(one.id);
        return { audience: one, scope: scopeAt(one, granted), ...(own && { own }) };
      });
      return { account, tokens, at };
    },

    sign: async ({ session, account, tokens, at }) => {
      const iat = Math.floor(at / 1000);
      const key = await keys.current();
      return await Promise.all(
        tokens.map(async ({ audience, scope, own }): Promise<TokenReply> => {
          const bound = audience.boundTokens && session.jkt !== null && { cnf: { jkt: session.jkt } };
          const token = await issueAccessToken(
            {
              iss: issuer,
              sub: account.id,
              aud: audience.id,
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
              ...versionClaim(audience),
              ...bound,
              ...(session.org === null ? {} : { org: session.org }),
              // `plainJson` made it.
              ...(own && { ext: own as AccountClaims["ext"] }),
            },
            key,
          );
          return {
            audience: audience.id,
            access_token: token,
            token_type: bound ? "DPoP" : "Bearer",
            expires_in: ((iat + life) * 1000 - at) / 1000,
            scope,
          };
        }),
      );
    },
  };
}

/** The version of a token's audience, as its claim: one that was never raised goes without saying. */
export function versionClaim({ version }: Pick<Audience, "version">): { dv?: number } {
  return version === 0 ? {} : { dv: version };
}
