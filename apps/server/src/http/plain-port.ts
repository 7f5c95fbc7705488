import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ErrorReply } from "@countersign/tokens";

const PATH = /^\/[\x21-\x7e]*$/;

/**
 * The server without TLS. It sends people who typed an address to the same path of the issuer's origin, and refuses every call of
 * a program, which would otherwise go on to send its credentials in the clear and never notice (ASVS 4.1.2). The target
 * is the configured issuer, whatever `Host` says, without the query, which may hold what nobody should keep.
 */
export function createPlainServer(issuer: string): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 }, (request, reply) => {
    reply.setHeader("cache-control", "no-store"); // a redirect that is kept would bind this port for every other program
    reply.setHeader("connection", "close");
    reply.setHeader("x-content-type-options", "nosniff");
    if (isNavigation(request)) redirect(request, reply, issuer);
    else refuse(reply);
  });
}

function isNavigation({ method, headers }: IncomingMessage): boolean {
  const mode = headers["sec-fetch-mode"];
  return (
    (method === "GET" || method === "HEAD") &&
    (headers.accept ?? "").split(",").some((type) => type.trim().startsWith("text/html")) &&
    (mode === undefined || mode === "navigate") &&
    headers.authorization === undefined
  );
}

function redirect(request: IncomingMessage, reply: ServerResponse, issuer: string): void {
  const [path = ""] = (request.url ?? "").split("?");
  reply.writeHead(308, { location: new URL(issuer).origin + (PATH.test(path) ? path : "/") }).end();
}

function refuse(reply: ServerResponse): void {
  const body: ErrorReply = { error: "tls_required" };
  reply.writeHead(403, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
