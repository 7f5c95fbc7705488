import { errors, jwtVerify, SignJWT } from "jose";
import { accountClaims, type Claims, LEEWAY_S, MAX_TOKEN_LIFE_S, reservedClaims, serviceClaims } from "./claims.ts";
import { MAX_TOKEN_LENGTH, parseCompact } from "./compact.ts";
import { Refusal } from "./errors.ts";
import { algorithms, MAX_KID_LENGTH, type SigningKey, type VerificationKey } from "./keys.ts";

const TYP = "at+jwt";
const ALGORITHMS: ReadonlySet<string> = new Set(algorithms);

/** Finds a published key by the exact `kid`; `undefined` where there is none. May reach for the network. */
export type KeySource = (kid: string) => Promise<VerificationKey | undefined> | VerificationKey | undefined;

/** What a verifier expects. All of it is stated by the caller; nothing has a default, and nothing can be left out. */
export interface Expectations {
  /** The exact issuer identifier (RFC 8414 §2). */
  readonly issuer: string;
  /** The exact audience: this resource server's own identifier (RFC 9068 §4). */
  readonly audience: string;
  readonly keys: KeySource;
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
}

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
  assertStated(expected);
  const { alg, kid } = readHeader(parseCompact(token).header);
  const key = await expected.keys(kid);
  if (key?.kid !== kid) throw new Refusal("unknown_key", { detail: "no published key has this kid" });
  if (key.alg !== alg) throw new Refusal("token_invalid", { detail: "alg is not the key's" });
  const payload = await verifySignature(token, key, expected);
  const parsed = ("sid" in payload ? accountClaims : serviceClaims).safeParse(payload);
  if (!parsed.success) throw new Refusal("token_invalid", { detail: "claims of the wrong shape", cause: parsed.error });
  judgeTimes(parsed.data, expected.now);
  return { kid, claims: parsed.data };
}

/**
 * Judges the time claims of a verified token at another moment: cheap, for every call of a cached token.
 *
 * @throws {Refusal} `token_expired`, or `token_invalid` where the claims contradict themselves or the clock.
 */
export function judgeTimes(claims: Claims, now: number): void {
  const second = now / 1000;
  if (claims.exp <= claims.iat || claims.exp - claims.iat > MAX_TOKEN_LIFE_S) {
    throw new Refusal("token_invalid", { detail: "life out of bounds" });
  }
  // Written so that a clock that is no number refuses.
  if (!(claims.iat <= second + LEEWAY_S)) throw new Refusal("token_invalid", { detail: "issued in the future" });
  if (!(claims.exp > second - LEEWAY_S)) throw new Refusal("token_expired");
}

/** An empty setting, or one forgotten in JavaScript, must not switch a check off. */
function assertStated({ issuer, audience, keys, now }: Expectations): void {
  const texts = [issuer, audience].every((text) => typeof text === "string" && text !== "");
  if (!texts || typeof keys !== "function" || !Number.isFinite(now)) throw new TypeError("an expectation is missing");
}

/**
 * The header holds exactly `alg`, `typ` and `kid`: no `crit`, no embedded or remote key (RFC 8725 §3.10). An algorithm
 * that is never ours is refused here, before anybody looks for its key.
 */
function readHeader(header: Readonly<Record<string, unknown>>): { alg: string; kid: string } {
  const { alg, typ, kid, ...rest } = header;
  if (typeof alg !== "string" || typeof typ !== "string" || typeof kid !== "string") {
    throw new Refusal("token_invalid", { detail: "header lacks alg, typ or kid" });
  }
  if (Object.keys(rest).length > 0) throw new Refusal("token_invalid", { detail: "header has other members" });
  if (!ALGORITHMS.has(alg)) throw new Refusal("token_invalid", { detail: "alg is none of ours" });
  if (kid === "" || kid.length > MAX_KID_LENGTH) throw new Refusal("token_invalid", { detail: "kid of no key" });
  return { alg, kid };
}

async function verifySignature(token: string, key: VerificationKey, expected: Expectations): Promise<object> {
  try {
    const { payload } = await jwtVerify(token, key.key, {
      algorithms: [key.alg],
      typ: TYP,
      issuer: expected.issuer,
      audience: expected.audience,
      requiredClaims: ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "av"],
      clockTolerance: LEEWAY_S,
      currentDate: new Date(expected.now),
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw new Refusal("token_expired", { cause });
    if (cause instanceof errors.JOSEError) throw new Refusal("token_invalid", { detail: cause.code, cause });
    throw cause;
  }
}
