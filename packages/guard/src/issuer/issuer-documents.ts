import type { VerificationKey } from "@countersign/tokens";
import { z } from "zod";
import { type Fetch, fetchFirstJson, fetchJson } from "./fetch-json.ts";

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.unknown()).min(1).max(64) });

/** An issuer's path without the slash that ends it (RFC 8414 §3.1). */
function split(issuer: string): { origin: string; path: string } {
  const { origin, pathname } = new URL(issuer);
  return { origin, path: pathname.replace(/\/$/, "") };
}

const WELL_KNOWN = "/.well-known/oauth-authorization-server";

/** Where an issuer's metadata stands (RFC 8414 §3.1): the well-known part goes between host and path. */
export function metadataUrl(issuer: string): string {
  const { origin, path } = split(issuer);
  return `${origin}${WELL_KNOWN}${path}`;
}

/** There, and after the path (§5), as in an app that passes on to its issuer what is under the path and nothing else. */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, path } = split(issuer);
  return [...new Set([metadataUrl(issuer), `${origin}${path}${WELL_KNOWN}`])];
}

/** Everywhere that an OpenID provider's metadata may stand, its own place first (OpenID Connect Discovery §4.1, RFC 8414 §5). */
export function discoveryUrls(issuer: string): readonly string[] {
  const { origin, path } = split(issuer);
  const openid = "/.well-known/openid-configuration";
  return [...new Set([`${origin}${path}${openid}`, metadataUrl(issuer), `${origin}${openid}${path}`])];
}

/**
 * Where an issuer publishes its keys, from its metadata (RFC 8414 §3), the first of these places that has any: the issuer
 * in the document is compared exactly (§3.3), and the keys lie on the issuer's own origin.
 *
 * @throws {Error} for the log.
 */
export async function fetchKeySetUrl(issuer: string, places: readonly string[], fetch: Fetch): Promise<string> {
  const document = metadata.parse(await fetchFirstJson(places, fetch));
  if (document.issuer !== issuer) throw new Error("the metadata is another issuer's");
  const url = new URL(document.jwks_uri);
  if (url.protocol !== "https:" || url.origin !== new URL(issuer).origin) {
    throw new Error("the keys lie on another origin");
  }
  return url.href;
}

/** Reads one member of a key set; `undefined` where it is no key of interest. */
export type ReadKey<A extends string> = (jwk: unknown) => Promise<VerificationKey<A> | undefined>;

/**
 * The keys of a set (RFC 7517 §5), by `kid`. Members that `read` has no use for are left out; keys are taken from here and
 * from nowhere else, never from a token.
 *
 * @throws {Error} where no key is left, or two have one name.
 */
export async function fetchKeySet<A extends string>(
  url: string,
  fetch: Fetch,
  read: ReadKey<A>,
): Promise<ReadonlyMap<string, VerificationKey<A>>> {
  const { keys } = keySet.parse(await fetchJson(url, fetch));
  const usable = (await Promise.all(keys.map(read))).filter((key) => key !== undefined);
  const byId = new Map(usable.map((key) => [key.kid, key]));
  if (byId.size === 0) throw new Error("the key set holds no key of ours");
  if (byId.size !== usable.length) throw new Error("two keys of the set have one name");
  return byId;
}
