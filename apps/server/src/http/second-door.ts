import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * Lets connections to another address into a server that listens already, so that `localhost` is both loopback
 * addresses and yet one server: one certificate to renew, one set of connections to end.
 *
 * @returns the door, to be closed together with the server; `undefined` where the machine has no such address.
 * @throws {Error} `EADDRINUSE`: whoever else listens there would get part of our callers.
 */
export async function openSecondDoor(server: Server, host: string, port: number): Promise<Server | undefined> {
  const door = createServer({ pauseOnConnect: false }, (socket) => server.emit("connection", socket));
  door.listen({ host, port });
  try {
    await once(door, "listening");
    return door;
  } catch (error) {
    if (error instanceof Error && "code" in error && absent.has(error.code)) return undefined;
    throw error;
  }
}

const absent: ReadonlySet<unknown> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);
