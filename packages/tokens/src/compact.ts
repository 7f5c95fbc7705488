import { base64url } from "jose";
import { Refusal } from "./errors.ts";

/** The longest token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

const SEGMENT = /^[A-Za-z0-9_-]+$/;

/** The two JSON texts of a JWS, not yet believed: nothing has been verified. */
export interface UnverifiedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Takes a JWS compact serialisation apart (RFC 7515 §3.1), refusing everything that two parsers could read differently:
 * another number of segments, base64url that is not canonical, invalid UTF-8, JSON that is not an object, duplicate
 * names (RFC 8725 §2.6, §3.7).
 *
 * Does not check: the signature, the algorithm, any claim.
 *
 * @throws {Refusal} `token_invalid`
 */
export function parseCompact(token: string): UnverifiedToken {
  if (token.length > MAX_TOKEN_LENGTH) throw invalid("longer than the limit");
  const segments = token.split(".", 4);
  if (segments.length !== 3) throw invalid("not three segments");
  const [header, payload, signature] = segments as [string, string, string];
  decodeCanonical(signature);
  return { header: parseObject(decodeCanonical(header)), payload: parseObject(decodeCanonical(payload)) };
}

function decodeCanonical(segment: string): Uint8Array {
  if (!SEGMENT.test(segment)) throw invalid("not base64url");
  const bytes = decodeBase64url(segment);
  // The unused bits of the last character must be zero, or one signature has several spellings (RFC 4648 §3.5).
  if (base64url.encode(bytes) !== segment) throw invalid("base64url is not canonical");
  return bytes;
}

function decodeBase64url(segment: string): Uint8Array {
  try {
    return base64url.decode(segment);
  } catch (cause) {
    throw invalid("not base64url", cause); // a length of 4n + 1 holds no whole byte at its end
  }
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("not JSON in UTF-8", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("not a JSON object");
  if (hasDuplicateNames(text)) throw invalid("a JSON name stands twice");
  return value as Record<string, unknown>;
}

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** Whether an object in this text, known to be valid JSON, names a member twice (RFC 8259 §4). */
function hasDuplicateNames(text: string): boolean {
  const open: (Set<unknown> | null)[] = [];
  let expectsName = false;
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : null);
    else if (token === "}" || token === "]") open.pop();
    else if (token.startsWith('"') && expectsName) {
      const name: unknown = JSON.parse(token);
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
    expectsName = token === "{" || (token === "," && open.at(-1) != null);
  }
  return false;
}

function invalid(detail: string, cause?: unknown): Refusal {
  return new Refusal("token_invalid", { detail, ...(cause === undefined ? {} : { cause }) });
}
