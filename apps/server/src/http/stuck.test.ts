import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { Readable, Writable } from "node:stream";
import { expect, test, vi } from "vitest";
import { endWhenStuck } from "./stuck.ts";

const CHUNK = "x".repeat(64 * 1024);

async function* endless(): AsyncGenerator<string> {
  for (;;) yield CHUNK;
}

/** Serves an endless body that is ended when it is stuck for 50 ms. */
async function serve() {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    const body = Readable.from(endless(), { objectMode: true, highWaterMark: 1 });
    response.once("close", () => body.destroy());
    endWhenStuck(body, response, 50);
    body.pipe(response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  return { server, responses, port: typeof address === "object" ? (address?.port ?? 0) : 0 };
}

test("a response whose reader takes nothing is ended, with little more than one piece waiting for it", async () => {
  const { server, responses, port } = await serve();
  const socket = connect(port, "127.0.0.1").pause();
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(server, "request");
  const [response] = responses;
  if (!response) throw new Error("no response");
  let waiting = 0;
  const watch = setInterval(() => {
    waiting = Math.max(waiting, response.writableLength);
  }, 5);
  await once(response, "close");
  clearInterval(watch);
  expect(waiting).toBeLessThan(4 * CHUNK.length);
  socket.destroy();
  server.close();
});

test("a response whose reader is slow, but takes, goes on", async () => {
  vi.useFakeTimers();
  const body = Readable.from(endless(), { objectMode: true, highWaterMark: 1 });
  let take: () => void = () => undefined;
  const asked: (() => void)[] = [];
  const response = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      take = done;
      asked.shift()?.();
    },
  });
  const next = () => new Promise<void>((resolve) => asked.push(resolve));
  endWhenStuck(body, response, 50);
  let coming = next();
  body.pipe(response);
  await coming;
  for (let turn = 0; turn < 5; turn += 1) {
    vi.advanceTimersByTime(49);
    expect(response.destroyed).toBe(false);
    coming = next();
    take();
    await coming;
  }
  vi.advanceTimersByTime(50);
  expect(response.destroyed).toBe(true);
  body.destroy();
  vi.useRealTimers();
});
