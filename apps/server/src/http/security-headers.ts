import type { FastifyReply } from "fastify";
import { isAddress } from "./loopback.ts";

/** On every answer: it is data, for nobody to frame, sniff, render or keep (ASVS 3.2.1, 3.4.3 to 3.4.6, 14.3.2). */
const headers = Object.freeze({
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
});

/** A year, with subdomains (ASVS 3.4.1). */
const HSTS = "max-age=31536000; includeSubDomains";

/**
 * The headers of an issuer's answers. HSTS is left out on localhost, where it would bind every other server there, and on
 * addresses, where it means nothing (RFC 6797 §8.1.1).
 */
export function securityHeaders(issuer: string): Readonly<Record<string, string>> {
  const { hostname } = new URL(issuer);
  const local = hostname === "localhost" || hostname.endsWith(".localhost") || isAddress(hostname);
  return local ? headers : { ...headers, "strict-transport-security": HSTS };
}

/** A hook that sets them before anything else, so that every refusal has them too. */
export function setHeaders(table: Readonly<Record<string, string>>) {
  return async (_request: unknown, reply: FastifyReply): Promise<void> => {
    reply.headers(table);
  };
}
