import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A port of the loopback on which nobody listens at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
