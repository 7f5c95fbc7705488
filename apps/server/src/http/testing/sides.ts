import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { IssuerFetch } from "../fetch.ts";
import { EMBEDDED } from "./embedded.ts";

/** A call as both sides can make it. */
export interface SideCall {
  readonly path: string;
  readonly method?: string | undefined;
  /** In order; a name may stand twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  readonly body?: string | undefined;
  /** Sends the body without saying how long it is. */
  readonly chunked?: boolean | undefined;
}

export interface SideReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

export type Side = (call: SideCall) => Promise<SideReply>;

/** Headers that belong to a connection, or to a clock. */
const ofTheConnection = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);

/** A real server, over a real socket. */
export function socketSide(app: FastifyInstance): Side {
  const { port } = app.server.address() as { port: number };
  return async ({ path, method = "GET", headers = [], body, chunked = false }) => {
    const length = chunked
      ? ["transfer-encoding", "chunked"]
      : ["content-length", String(Buffer.byteLength(body ?? ""))];
    const sent = httpRequest({
      host: "127.0.0.1",
      port,
      method,
      path,
      agent: false,
      headers: ["host", "acme.example", ...headers.flat(), ...(body === undefined ? [] : length)],
    });
    // A server that has refused a body reads no more of it.
    sent.on("error", () => {});
    sent.end(body);
    const [reply] = (await once(sent, "response")) as [IncomingMessage];
    reply.setEncoding("utf8");
    let text = "";
    for await (const chunk of reply) text += chunk;
    const entries = Object.entries(reply.headers).filter(([name]) => !ofTheConnection.has(name));
    return { status: reply.statusCode ?? 0, headers: Object.fromEntries(entries) as SideReply["headers"], body: text };
  };
}

/** The same by `Request` and `Response`. */
export function fetchSide(fetch: IssuerFetch): Side {
  return async ({ path, method = "GET", headers = [], body, chunked = false }) => {
    const list = new Headers();
    for (const [name, value] of headers) list.append(name, value);
    if (body !== undefined && !chunked) list.set("content-length", String(Buffer.byteLength(body)));
    const payload = body === undefined ? {} : { body: new Blob([body]).stream(), duplex: "half" as const };
    const request = new Request(new URL(EMBEDDED).origin + path, {
      headers: list,
      ...payload,
      method: method === "TRACE" ? "GET" : method,
    });
    // The constructor knows no TRACE; a framework's own requests may be one.
    if (method === "TRACE") Object.defineProperty(request, "method", { value: method });
    const reply = await fetch(request, { address: "127.0.0.1" });
    const entries = [...reply.headers].filter(([name]) => name !== "set-cookie");
    const cookies = reply.headers.getSetCookie();
    return {
      status: reply.status,
      headers: { ...Object.fromEntries(entries), ...(cookies.length > 0 ? { "set-cookie": cookies } : {}) },
      body: await reply.text(),
    };
  };
}
