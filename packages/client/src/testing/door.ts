import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

/** One request, as it came by. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
  /** What the server answered, whether or not it arrived, and the cookies that came with it. */
  reply?: string;
  cookies?: readonly string[];
  /** Of an event stream: whether it goes on still. */
  isStreaming?: boolean;
}

/** What becomes of a request. */
export type Fate =
  | "forward"
  /** Cut off before the server hears of it. */
  | "cut"
  /** The server does it, and its reply is lost on the way. */
  | "lose-reply"
  /** The headers arrive and the body never ends. */
  | "hang-in-body"
  /** Nobody ever answers. */
  | "hang"
  /** Something happens once the server has answered, and before its reply goes on; `lose` it or not. */
  | { readonly afterReply: () => Promise<unknown>; readonly lose: boolean }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

type Decide = (seen: Seen) => Fate | undefined | Promise<Fate | undefined>;

/** A real reverse proxy on a real socket, which does to requests what networks do to them. */
export interface Door {
  readonly origin: string;
  /** Every request since the last `forget`. */
  readonly seen: readonly Seen[];
  /** Requests to a path. */
  to(path: string): readonly Seen[];
  forget(): void;
  /** Decides the fate of each request from now on; `forward` where it says nothing. */
  decide(decide: Decide): void;
  forwardAll(): void;
  close(): Promise<void>;
}

/**
 * @param upstream where to forward what has this path; asked for each request, because it may have been started anew
 * @param tls its certificate, where it is to have one, and the name by which it is reached, `localhost` unless given
 */
export async function openDoor(
  upstream: (path: string) => string,
  tls?: { readonly cert: string; readonly key: string; readonly host?: string },
): Promise<Door> {
  let seen: Seen[] = [];
  let fateOf: Decide = () => undefined;

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await buffer(incoming);
    const { method = "GET", url = "/", headers } = incoming;
    const one: Seen = { method, path: url, authorization: headers.authorization, body: body.toString() };
    seen.push(one);
    const fate = (await fateOf(one)) ?? "forward";
    if (fate === "hang") return;
    if (fate === "cut") return void outgoing.destroy();
    if (typeof fate === "object" && "status" in fate)
      return void outgoing.writeHead(fate.status, fate.headers).end(fate.body);
    const reply = await forward(upstream(url), incoming, body);
    const isStream = reply.headers["content-type"]?.startsWith("text/event-stream");
    if (isStream && fate === "forward") return await stream(one, reply, outgoing);
    const content = await buffer(reply);
    one.reply = content.toString();
    one.cookies = reply.headers["set-cookie"] ?? [];
    if (typeof fate === "object") await fate.afterReply();
    if (fate === "lose-reply" || (typeof fate === "object" && fate.lose)) return breakOff(outgoing);
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    if (fate === "hang-in-body") outgoing.write(content.subarray(0, 1));
    else outgoing.end(content);
  };

  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    origin: `${tls ? `https://${tls.host ?? "localhost"}` : "http://127.0.0.1"}:${(server.address() as AddressInfo).port}`,
    get seen() {
      return seen;
    },
    to: (path) => seen.filter((one) => one.path.split("?")[0] === path),
    forget: () => {
      seen = [];
    },
    decide: (decide) => {
      fateOf = decide;
    },
    forwardAll: () => {
      fateOf = () => undefined;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * Loses a reply after its first line. Where not a byte of it comes, browsers send the request again by themselves, mutations
 * too, if they had the connection before it; this is about what the SDK does.
 */
function breakOff({ socket }: ServerResponse): void {
  socket?.end("HTTP/1.1 200 OK\r\n");
}

/** Passes on what is never whole, as it comes. Either side may end it. */
async function stream(one: Seen, reply: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(reply.statusCode ?? 502, reply.headers).flushHeaders();
  one.isStreaming = true;
  await pipeline(reply, outgoing).finally(() => {
    one.isStreaming = false;
  });
}

async function forward(upstream: string, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { method, headers, url } = incoming;
  const outgoing = ask(new URL(url ?? "/", upstream), {
    method,
    headers: { ...headers, "x-forwarded-proto": "https" },
    agent: false,
  });
  outgoing.end(body);
  const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
  return reply;
}
