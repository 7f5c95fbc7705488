import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way over which bytes go, or vanish without a word: connections stay open, and nobody is told. */
export interface CutProxy {
  readonly port: number;
  forwardTo(port: number): void;
  /** From now on nothing arrives, in either direction, on connections of before and of later. */
  drop(): void;
  /** What comes from now on arrives again; what vanished is gone, so connections of before are broken. */
  heal(): void;
  close(): Promise<void>;
}

export async function openCutProxy(): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let target = 0;
  let drops = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  };
  const server = createServer((from) => {
    const to = connect(target, "127.0.0.1");
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      keep(one);
      one.on("data", (bytes) => void (drops || other.write(bytes)));
      one.on("close", () => void (drops || other.destroy()));
    }
  }).listen(0, "localhost");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (port) => {
      target = port;
    },
    drop: () => {
      drops = true;
    },
    heal: () => {
      drops = false;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
