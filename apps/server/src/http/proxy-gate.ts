import { BlockList, isIP } from "node:net";
import { Refusal } from "@countersign/tokens";
import type { FastifyRequest } from "fastify";

/** What whoever watches the process may ask past the proxy: it says nothing. */
const OPEN = ["/livez", "/readyz"];

/**
 * A hook for a server behind proxies that end TLS: it serves only these, and only what came to them over TLS.
 *
 * Does not check: that the proxy overwrites `X-Forwarded-For` instead of passing on what it was sent.
 *
 * @param trusted addresses and networks
 * @param path of the issuer's routes, empty for none
 */
export function proxyGate(trusted: readonly string[], path: string) {
  const open: ReadonlySet<string | undefined> = new Set(OPEN.map((each) => path + each));
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = "", prefix] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(prefix), family);
  }
  return async (request: FastifyRequest): Promise<void> => {
    if (open.has(request.routeOptions.url)) return;
    const peer = request.socket.remoteAddress ?? "";
    if (!proxies.check(peer, isIP(peer) === 6 ? "ipv6" : "ipv4")) {
      throw new Refusal("tls_required", { detail: "the peer is not a trusted proxy" });
    }
    if (request.headers["x-forwarded-proto"] !== "https") {
      throw new Refusal("tls_required", { detail: "the proxy does not say https" });
    }
  };
}
