import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether a host, as in a URL, is this machine: `localhost` or a loopback address. Asks no name server. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  return version > 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Whether a host, as in a URL, is an address rather than a name. */
export function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[(.*)\]$/, "$1")) > 0;
}
