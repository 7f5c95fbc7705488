import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from "jose";
import type { ClientWorld } from "../client-world.ts";
import { parseRecord } from "../session/session-record.ts";
import { assertCookieFits } from "./cookie-size.ts";
import type { KeptSession } from "./kept-session.ts";

export interface SealedCookieDeps {
  /** The cookie's name, which the value is good under and under no other. */
  readonly name: string;
  /** The issuer's address. */
  readonly issuer: string;
  /** The first encrypts, all decrypt. */
  readonly secrets: readonly [Uint8Array, ...Uint8Array[]];
  readonly world: Pick<ClientWorld, "now">;
}

export interface SealedCookie {
  /** @throws {CookieTooLargeError} */
  seal(kept: KeptSession): Promise<string>;
  /** `undefined` for what is tampered with, of another app or key, of another version, or past the end of its session. */
  open(value: string): Promise<KeptSession | undefined>;
}

const TYPE = "countersign-session+jwt";
const header = { alg: "dir", enc: "A256GCM", typ: TYPE } as const;

/** A session as an encrypted token (RFC 7516, 7519), good until the session ends. */
export function createSealedCookie({ name, issuer, secrets, world }: SealedCookieDeps): SealedCookie {
  const expected = {
    audience: name,
    issuer,
    typ: TYPE,
    keyManagementAlgorithms: [header.alg],
    contentEncryptionAlgorithms: [header.enc],
    requiredClaims: ["exp"],
  };

  async function decrypt(value: string, secret: Uint8Array): Promise<JWTPayload | undefined> {
    try {
      return (await jwtDecrypt(value, secret, { ...expected, currentDate: new Date(world.now()) })).payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  return {
    async seal({ record, ...rest }) {
      const value = await new EncryptJWT({ record, ...rest })
        .setProtectedHeader(header)
        .setIssuer(issuer)
        .setAudience(name)
        .setExpirationTime(Math.ceil(record.endsAt))
        .encrypt(secrets[0]);
      assertCookieFits(name, value);
      return value;
    },
    async open(value) {
      for (const secret of secrets) {
        const payload = await decrypt(value, secret);
        if (payload) return read(payload);
      }
      return undefined;
    },
  };
}

/** What was encrypted by one of our keys is ours, but an older or newer version may have been it. */
function read({ record, dueAfter, ended, failures, waitUntil }: JWTPayload): KeptSession | undefined {
  const parsed = parseRecord(JSON.stringify(record) ?? "");
  const isOurs = [dueAfter, failures, waitUntil].every((value) => typeof value === "number");
  if (!parsed || !isOurs || typeof ended !== "boolean") return undefined;
  // Each was looked at just now.
  return { record: parsed, dueAfter, ended, failures, waitUntil } as KeptSession;
}
