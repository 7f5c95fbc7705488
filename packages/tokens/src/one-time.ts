import { base64url } from "jose";
import type { World } from "./world.ts";

/** A secret that works once: the text goes to its owner, the hash to the database. */
export interface OneTimeSecret {
  readonly secret: string;
  readonly hash: string;
}

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Makes a 256-bit secret (ASVS 11.5.1). Who stores it adds expiry and deletes it on use. */
export async function createOneTimeSecret(world: World): Promise<OneTimeSecret> {
  const secret = base64url.encode(world.random(SECRET_BYTES));
  return { secret, hash: await digest(secret) };
}

/**
 * The hash under which a presented secret would be stored, or `undefined` for what cannot be one. A plain hash is enough
 * for 256 random bits (ASVS 6.5.2), and looking it up leaks no timing worth having.
 */
export async function hashOneTimeSecret(presented: string): Promise<string | undefined> {
  return SECRET.test(presented) ? await digest(presented) : undefined;
}

async function digest(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
