import { errors, jwtVerify } from "jose";
import { LEEWAY_S } from "./claims.ts";
import { parseCompact } from "./compact.ts";
import { Refusal } from "./errors.ts";
import { MAX_KID_LENGTH, type VerificationKey } from "./keys.ts";

/** Finds a published key by the exact `kid`; `undefined` where there is none. May reach for the network. */
export type KeySource<A extends string = string> = (
  kid: string,
) => Promise<VerificationKey<A> | undefined> | VerificationKey<A> | undefined;

/** What is expected of a signed JWT. All of it is stated by the caller; nothing has a default, nothing can be left out. */
export interface JwtExpectations {
  /** The exact issuer identifier (RFC 8414 §2). */
  readonly issuer: string;
  /** The exact audience: this resource server's own identifier (RFC 9068 §4). */
  readonly audience: string;
  /** The exact media type that the header names, without `application/`; `null`: the header names none. */
  readonly typ: string | null;
  /** Which algorithms a key may have. The token's is that of its key, or it is refused (RFC 8725 §3.1). */
  readonly algorithms: ReadonlySet<string>;
  readonly requiredClaims: readonly string[];
  /** Header members beside `alg`, `typ` and `kid`. Even where they are ignored none is followed, and `crit` is refused. */
  readonly otherMembers: "refused" | "ignored";
  readonly keys: KeySource;
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
}

/** A JWT whose signature, type, issuer, audience and end hold. */
export interface VerifiedJwt {
  readonly kid: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Verifies a signed JWT as RFC 8725 §3 asks: shape, key, algorithm, signature, type, issuer, audience, times.
 *
 * Does not check: any claim beyond those, that an audience stands alone, how long the token lives.
 *
 * @throws {Refusal} `token_invalid`, `token_expired` or `unknown_key`; whatever `keys` throws.
 * @throws {TypeError} for an expectation that is missing or empty, before the token is looked at.
 */
export async function verifyJwt(token: string, expected: JwtExpectations): Promise<VerifiedJwt> {
  assertStated(expected);
  const { alg, kid } = readHeader(parseCompact(token).header, expected);
  const key = await expected.keys(kid);
  if (key?.kid !== kid) throw new Refusal("unknown_key", { detail: "no published key has this kid" });
  if (key.alg !== alg) throw new Refusal("token_invalid", { detail: "alg is not the key's" });
  return { kid, payload: await verifySignature(token, key, expected) };
}

/** An empty setting, or one forgotten in JavaScript, must not switch a check off. */
function assertStated({ issuer, audience, typ, algorithms, requiredClaims, keys, now }: JwtExpectations): void {
  const texts = [issuer, audience, ...(typ === null ? [] : [typ])];
  const stated =
    texts.every((text) => typeof text === "string" && text !== "") &&
    algorithms?.size > 0 &&
    requiredClaims?.includes("exp");
  if (!stated || typeof keys !== "function" || !Number.isFinite(now)) throw new TypeError("an expectation is missing");
}

/** No key is taken from a header (RFC 8725 §3.10), and an algorithm that nobody expects is refused before its key is sought. */
function readHeader(
  { alg, typ, kid, ...rest }: Readonly<Record<string, unknown>>,
  expected: JwtExpectations,
): { alg: string; kid: string } {
  if (
    typeof alg !== "string" ||
    typeof kid !== "string" ||
    typeof typ !== (expected.typ === null ? "undefined" : "string")
  )
    throw new Refusal("token_invalid", { detail: "header without the alg, typ or kid that is expected" });
  const refused = expected.otherMembers === "ignored" ? ["crit"].filter((name) => name in rest) : Object.keys(rest);
  if (refused.length > 0) throw new Refusal("token_invalid", { detail: "header has other members" });
  if (!expected.algorithms.has(alg)) throw new Refusal("token_invalid", { detail: "alg is none of those expected" });
  if (kid === "" || kid.length > MAX_KID_LENGTH) throw new Refusal("token_invalid", { detail: "kid of no key" });
  return { alg, kid };
}

/** What the signed text itself has to say: type, issuer, audience and the times in it. */
async function verifySignature(
  token: string,
  { alg, key }: VerificationKey<string>,
  { typ, issuer, audience, requiredClaims, now }: JwtExpectations,
): Promise<VerifiedJwt["payload"]> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [alg],
      ...(typ === null ? {} : { typ }),
      issuer,
      audience,
      requiredClaims: [...requiredClaims],
      clockTolerance: LEEWAY_S,
      currentDate: new Date(now),
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) throw new Refusal("token_expired", { cause });
    if (cause instanceof errors.JOSEError) throw new Refusal("token_invalid", { detail: cause.code, cause });
    throw cause;
  }
}
