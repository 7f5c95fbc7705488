import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line to a database that fails on demand, as networks do. */
export interface BadLine {
  /** The connection string, by way of this line. */
  readonly url: string;
  /** From now on nothing gets through, and nobody is told. */
  freeze(): void;
  /** New connections get through again; those that were frozen stay so. */
  renew(): void;
  /** Cuts the line when a message to the server holds this text; the server never gets it. */
  cutAt(text: string): void;
  close(): void;
}

export async function openBadLine(url: string): Promise<BadLine> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let frozen = false;
  let fatal: string | undefined;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      sockets.add(from);
      if (frozen) from.pause();
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("data", (data) => {
        if (fatal !== undefined && data.includes(fatal)) from.destroy();
        else to.write(data);
      });
    }
    if (frozen) for (const socket of [near, far]) socket.pause();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const way = new URL(url);
  way.port = String((server.address() as AddressInfo).port);
  return {
    url: way.href,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    renew() {
      frozen = false;
    },
    cutAt(text) {
      fatal = text;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
