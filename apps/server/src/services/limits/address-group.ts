import { isIPv4, isIPv6 } from "node:net";

/**
 * The group of addresses that one subscriber can usually choose among: an IPv4 address itself, an IPv6 /64. Whatever is
 * no address is one group, limited as well.
 */
export function addressGroup(address: string | null): string {
  const [bare = ""] = (address ?? "").split("%", 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (isIPv4(mapped ?? bare)) return mapped ?? bare;
  return isIPv6(bare) ? `${groups(bare).slice(0, 4).join(":")}::/64` : "unknown";
}

/** The eight groups of an IPv6 address, in the one spelling that the platform's URL parser gives (RFC 5952). */
function groups(address: string): string[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":") : [];
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}
