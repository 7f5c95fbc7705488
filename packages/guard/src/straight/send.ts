import type { FastifyReply } from "fastify";
import type { HeaderPairs } from "./response-head.ts";

/** Statuses whose responses have no body, so that a `Response` refuses to be made with one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

const asItIs = (body: unknown): string => body as string;

/** Sets the head of a reply in JSON, and gives back the body's text for Fastify to send. */
export function send(
  reply: FastifyReply,
  status: number,
  headers: Iterable<readonly [string, string]>,
  body: string,
): string {
  reply.code(status);
  for (const [name, value] of headers) reply.header(name, value);
  // Or Fastify would add a charset to the content type, which JSON has not and tRPC does not send.
  reply.serializer(asItIs);
  return body;
}

/**
 * The same for a status that somebody else had a say in, by the shape of an error or `responseMeta`. Where only a
 * `Response` knows what becomes of it, one is made.
 *
 * @throws {RangeError | TypeError} as `new Response` does, for a status that it cannot have.
 */
export function sendWith(reply: FastifyReply, status: number, headers: HeaderPairs, body: string): string | Response {
  const isPlain = Number.isInteger(status) && status >= 200 && status <= 599 && !BODILESS.has(status);
  return isPlain ? send(reply, status, headers, body) : new Response(body, { status, headers });
}

/** The same for headers that somebody else had a say in. */
export function sendAsked(reply: FastifyReply, status: number, headers: Headers, body: string): string | Response {
  if (headers.get("content-type") !== "application/json") return new Response(body, { status, headers });
  return sendWith(reply, status, [...headers], body);
}
