import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { loadProgram } from "../harness/load-process.ts";

// Requests at a fixed rate, each on a connection that is free, a new one where none is. It writes ready-made bytes and
// reads only status lines.

export interface Flood {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly perSecond: number;
}

export interface FloodOutcome {
  /** Without those in which it stood still. */
  readonly seconds: number;
  readonly sent: number;
  /** How many answers there were of each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const MAX_CONNECTIONS = 500;
const TICK_MS = 1;
/** A tick that comes so late is one before which it stood still. */
const STOOD_STILL_MS = 500;
/** Whoever was held up for longer does not make good for it, or the flood would come in waves of its own making. */
const MOST_BEHIND_MS = 4;
const STATUS_LINE = /HTTP\/1\.1 (\d{3})/g;

loadProgram(async ({ url, tokens, perSecond }: Flood, stopped): Promise<FloodOutcome> => {
  const { hostname, port, pathname } = new URL(url);
  const requests = tokens.map((token) =>
    Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n\r\n`),
  );
  const statuses: Record<string, number> = {};
  const all = new Set<Socket>();
  const free: Socket[] = [];

  function open(): Socket {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    all.add(socket);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      for (const [, status = ""] of text.matchAll(STATUS_LINE)) {
        statuses[status] = (statuses[status] ?? 0) + 1;
        free.push(socket);
      }
    });
    socket.on("error", () => {
      statuses["error"] = (statuses["error"] ?? 0) + 1;
    });
    socket.on("close", () => all.delete(socket));
    return socket;
  }

  const start = performance.now();
  let due = 0;
  let sent = 0;
  let still = 0;
  let last = start;
  while (!stopped.aborted) {
    const late = performance.now() - last;
    if (late > STOOD_STILL_MS) still += late;
    last += late;
    const now = Math.floor(((performance.now() - start) * perSecond) / 1000);
    due = Math.max(due, now - (MOST_BEHIND_MS * perSecond) / 1000);
    for (; due < now; due++) {
      const socket = free.pop() ?? (all.size < MAX_CONNECTIONS ? open() : undefined);
      if (!socket || socket.destroyed) continue;
      socket.write(requests[sent++ % requests.length] ?? "");
    }
    await delay(TICK_MS);
  }
  for (const socket of all) socket.destroy();
  return { seconds: (performance.now() - start - still) / 1000, sent, statuses };
});
