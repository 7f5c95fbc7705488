import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections, so that nothing takes it before its server does. */
const RANGE = [30_000, 32_700] as const;

/** A port of the loopback on which nobody listens at this moment. */
export async function freePort(): Promise<number> {
  const port = randomInt(...RANGE);
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return await freePort();
  }
  server.close();
  await once(server, "close");
  return port;
}
