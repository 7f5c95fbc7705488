import { z } from "zod";
import { judgeTimes } from "./access.ts";
import { Refusal } from "./errors.ts";
import { type JwtExpectations, verifyJwt } from "./jwt.ts";

/** What is expected of an access token of another issuer. All of it is stated by the caller. */
export interface ForeignExpectations
  extends Pick<JwtExpectations, "issuer" | "audience" | "algorithms" | "keys" | "now"> {
  /** `at+jwt` as RFC 9068 asks, or what a less strict issuer writes; `null`: nothing. */
  readonly typ: "at+jwt" | "JWT" | null;
  /** Whether the token may be for others too: `aud` a list that holds this audience. */
  readonly severalAudiences: boolean;
  /** The longest life that a token may have, in seconds. */
  readonly maxLife: number;
}

/** A token of another issuer, and its claims: those below in their form, all others as they came. */
export interface ForeignToken {
  readonly kid: string;
  readonly claims: ForeignClaims;
}

const id = z.string().min(1).max(255);
const seconds = z.int().min(0);

/** The claims of RFC 9068 §2.2 that are read of a foreign token, in the form they must have where they stand. */
const foreignClaims = z.looseObject({
  iss: id,
  sub: id,
  aud: z.union([id, z.array(id).min(1).max(64)]),
  exp: seconds,
  iat: seconds,
  nbf: seconds.optional(),
  jti: id.optional(),
  client_id: id.optional(),
  sid: id.optional(),
  auth_time: seconds.optional(),
  acr: z.string().optional(),
  amr: z.array(z.string()).optional(),
  cnf: z.record(z.string(), z.unknown()).optional(),
});
export type ForeignClaims = Readonly<z.infer<typeof foreignClaims>>;

/** RFC 9068 §2.2. */
const RFC_9068 = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] as const;
const LEAST = ["iss", "exp", "aud", "sub", "iat"] as const;

/** What only other kinds of token carry: ID tokens (OpenID Connect Core §2, §3.3.2.11), security events (RFC 8417 §2.2). */
const OTHERS = ["nonce", "at_hash", "c_hash", "s_hash", "events"] as const;

/**
 * Verifies an access token of another issuer as RFC 9068 §4 and RFC 8725 §3 ask. Where the type does not tell an access
 * token from an ID token, the claims must: what only the others carry is refused (RFC 8725 §3.12).
 *
 * Does not check: revocation, a proof of possession for a token with `cnf`, what the token permits.
 *
 * @throws {Refusal} `token_invalid`, `token_expired` or `unknown_key`; whatever `keys` throws.
 * @throws {TypeError} for an expectation that is missing or empty, before the token is looked at.
 */
export async function verifyForeignToken(token: string, expected: ForeignExpectations): Promise<ForeignToken> {
  const { typ, severalAudiences, maxLife, ...common } = expected;
  if (!(maxLife > 0) || typeof severalAudiences !== "boolean" || typ === undefined)
    throw new TypeError("an expectation is missing");
  const requiredClaims = typ === "at+jwt" ? RFC_9068 : LEAST;
  const { kid, payload } = await verifyJwt(token, { ...common, typ, requiredClaims, otherMembers: "ignored" });
  if (Object.hasOwn(payload, "__proto__")) throw invalid("a claim __proto__");
  const parsed = foreignClaims.safeParse(payload);
  if (!parsed.success) throw invalid("claims of the wrong shape", parsed.error);
  const claims: ForeignClaims = parsed.data;
  if (!severalAudiences && typeof claims.aud !== "string") throw invalid("a list of audiences");
  if (typ !== "at+jwt") assertAccessToken(claims, common.audience);
  judgeTimes(claims, common.now, maxLife);
  return { kid, claims };
}

function assertAccessToken(claims: ForeignClaims, audience: string): void {
  const other = OTHERS.find((name) => name in claims);
  if (other) throw invalid(`another kind of token, with ${other}`);
  // Cognito and Keycloak say the kind in a claim.
  const { token_use: use = "access", typ = "Bearer" } = claims;
  if (use !== "access" || typ !== "Bearer") throw invalid("another kind of token, by its own word");
  // An ID token is for the client that asked for it.
  if (claims.client_id === audience || claims["azp"] === audience) throw invalid("a token for the client itself");
}

function invalid(detail: string, cause?: unknown): Refusal {
  return new Refusal("token_invalid", { detail, ...(cause === undefined ? {} : { cause }) });
}
