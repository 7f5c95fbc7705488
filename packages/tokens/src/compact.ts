import { base64url } from "jose";
import { Refusal } from "./errors.ts";

/** The longest token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

const SEGMENT = /^[A-Za-z0-9_-]+$/;
/** What a segment may end with whose last character holds four, or two, unused bits: they are zero. */
const LAST_OF = new Map([
  [2, "AQgw"],
  [3, "AEIMQUYcgkosw048"],
]);

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The segments of a JWS, as they stand there. */
export interface Segments {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

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
  const { header, payload, signature } = splitCompact(token);
  decodeSegment(signature);
  return { header: parseSegment(header), payload: parseSegment(payload) };
}

/** @throws {Refusal} `token_invalid` for what is too long, or has another number of segments. */
export function splitCompact(token: string): Segments {
  if (token.length > MAX_TOKEN_LENGTH) throw invalid("longer than the limit");
  const segments = token.split(".", 4);
  if (segments.length !== 3) throw invalid("not three segments");
  const [header, payload, signature] = segments as [string, string, string];
  return { header, payload, signature };
}

/** @throws {Refusal} `token_invalid` for what is not base64url in its one spelling. */
export function decodeSegment(segment: string): Uint8Array {
  if (!SEGMENT.test(segment)) throw invalid("not base64url");
  const bits = segment.length % 4;
  // A length of 4n + 1 holds no whole byte at its end.
  if (bits === 1) throw invalid("not base64url");
  // If the unused bits could be anything, one signature would have several spellings (RFC 4648 §3.5).
  if (LAST_OF.get(bits)?.includes(segment.slice(-1)) === false) throw invalid("base64url is not canonical");
  return base64url.decode(segment);
}

/** @throws {Refusal} `token_invalid` for what is not one JSON object in UTF-8 whose names each stand once. */
export function parseSegment(segment: string): Record<string, unknown> {
  const bytes = decodeSegment(segment);
  let value: unknown;
  let text: string;
  let again: string;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
    again = JSON.stringify(value);
  } catch (cause) {
    throw invalid("not JSON in UTF-8", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("not a JSON object");
  // Of a name that stands twice, one is lost in `value`: where nothing is lost, none does.
  if (again !== text && hasDuplicateNames(text)) throw invalid("a JSON name stands twice");
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
