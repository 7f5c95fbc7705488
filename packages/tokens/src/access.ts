import { SignJWT } from "jose";
import { accountClaims, type Claims, LEEWAY_S, MAX_TOKEN_LIFE_S, reservedClaims, serviceClaims } from "./claims.ts";
import { MAX_TOKEN_LENGTH } from "./compact.ts";
import { Refusal } from "./errors.ts";
import { type JwtExpectations, verifyJwt } from "./jwt.ts";
import { algorithms, type SigningKey } from "./keys.ts";

const TYP = "at+jwt";

/** What holds for every token of ours, whoever verifies it. The header has `alg`, `typ` and `kid` and nothing else. */
const OURS = {
  typ: TYP,
  algorithms: new Set<string>(algorithms),
  requiredClaims: ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "av"],
  otherMembers: "refused",
} as const satisfies Partial<JwtExpectations>;

/** What a verifier expects. All of it is stated by the caller; nothing has a default, and nothing can be left out. */
export type Expectations = Pick<JwtExpectations, "issuer" | "audience" | "keys" | "now">;

/** A token whose signature, kind, issuer, audience and shape hold. Whether it still holds *now* is `judgeTimes`. */
export interface AccessToken {
  readonly kid: string;
  readonly claims: Claims;
}

/**
 * Signs an access token (RFC 9068 §2).
 *
 * Does not check: that the subject exists or may have what `scope` says.
 *
 * @throws {TypeError} for claims that no verifier would accept: a programming error, not a refusal.
 */
export async function issueAccessToken(claims: Claims, key: SigningKey): Promise<string> {
  const checked = ("sid" in claims ? accountClaims : serviceClaims).safeParse(claims);
  if (!checked.success) throw new TypeError("claims of the wrong shape", { cause: checked.error });
  if (claims.exp <= claims.iat || claims.exp - claims.iat > MAX_TOKEN_LIFE_S) throw new TypeError("life out of bounds");
  if ("ext" in claims && claims.ext) assertUnreserved(claims.ext);
  const header = { alg: key.alg, typ: TYP, kid: key.kid };
  const token = await new SignJWT({ ...checked.data }).setProtectedHeader(header).sign(key.key);
  if (token.length > MAX_TOKEN_LENGTH) throw new TypeError("a token longer than verifiers read");
  return token;
}

function assertUnreserved(ext: object): void {
  const taken = Object.keys(ext).find((name) => reservedClaims.has(name));
  if (taken !== undefined) throw new TypeError(`"${taken}" is a reserved claim name`);
}

/**
 * Verifies an access token as RFC 9068 §4 and RFC 8725 §3 ask: shape, key, algorithm, signature, type, issuer,
 * audience, times, and the exact set of claims.
 *
 * Does not check: revocation (`RevocationSet`), a proof of possession for a token with `cnf`, permissions.
 *
 * @throws {Refusal} `token_invalid`, `token_expired` or `unknown_key`; whatever `keys` throws.
 * @throws {TypeError} for an expectation that is missing or empty, before the token is looked at.
 */
export async function verifyAccessToken(token: string, expected: Expectations): Promise<AccessToken> {
  const { issuer, audience, keys, now } = expected;
  const { kid, payload } = await verifyJwt(token, { ...OURS, issuer, audience, keys, now });
  const parsed = ("sid" in payload ? accountClaims : serviceClaims).safeParse(payload);
  if (!parsed.success) throw new Refusal("token_invalid", { detail: "claims of the wrong shape", cause: parsed.error });
  judgeTimes(parsed.data, now);
  return { kid, claims: parsed.data };
}

/**
 * Judges the time claims of a verified token at another moment: cheap, for every call of a cached token. `now` is in
 * milliseconds, `maxLife` in seconds: the longest life that a token may have been given.
 *
 * @throws {Refusal} `token_expired`, or `token_invalid` where the claims contradict themselves or the clock.
 */
export function judgeTimes(
  claims: { readonly iat: number; readonly exp: number },
  now: number,
  maxLife = MAX_TOKEN_LIFE_S,
): void {
  const second = now / 1000;
  if (claims.exp <= claims.iat || claims.exp - claims.iat > maxLife) {
    throw new Refusal("token_invalid", { detail: "life out of bounds" });
  }
  // Written so that a clock that is no number refuses.
  if (!(claims.iat <= second + LEEWAY_S)) throw new Refusal("token_invalid", { detail: "issued in the future" });
  if (!(claims.exp > second - LEEWAY_S)) throw new Refusal("token_expired");
}
