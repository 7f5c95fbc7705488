import { importVerificationKey, publicJwk, type VerificationKey } from "@countersign/tokens";
import { z } from "zod";
import { type Fetch, fetchJson } from "./fetch-json.ts";

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.unknown()).min(1).max(64) });

/** Where an issuer's metadata stands (RFC 8414 §3.1): the well-known part goes between host and path. */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname === "/" ? "" : pathname}`;
}

/**
 * Where an issuer publishes its keys, from its metadata (RFC 8414 §3): the issuer in the document is compared exactly
 * (§3.3), and the keys lie on the issuer's own origin.
 *
 * @throws {Error} for the log.
 */
export async function fetchKeySetUrl(issuer: string, fetch: Fetch): Promise<string> {
  const document = metadata.parse(await fetchJson(metadataUrl(issuer), fetch));
  if (document.issuer !== issuer) throw new Error("the metadata is another issuer's");
  const url = new URL(document.jwks_uri);
  if (url.protocol !== "https:" || url.origin !== new URL(issuer).origin)
    throw new Error("the keys lie on another origin");
  return url.href;
}

/**
 * The keys of a set (RFC 7517 §5), by `kid`. Members that are not public signing keys of ours, exactly, are left out;
 * keys are taken from here and from nowhere else, never from a token.
 *
 * @throws {Error} where no key is left, or two have one name.
 */
export async function fetchKeySet(url: string, fetch: Fetch): Promise<ReadonlyMap<string, VerificationKey>> {
  const { keys } = keySet.parse(await fetchJson(url, fetch));
  const parsed = keys.flatMap((key) => publicJwk.safeParse(key).data ?? []);
  const imported = await Promise.all(parsed.map((jwk) => importVerificationKey(jwk).catch(() => undefined)));
  const usable = imported.filter((key) => key !== undefined);
  const byId = new Map(usable.map((key) => [key.kid, key]));
  if (byId.size === 0) throw new Error("the key set holds no key of ours");
  if (byId.size !== usable.length) throw new Error("two keys of the set have one name");
  return byId;
}
