import type { FastifyReply } from "fastify";

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
 * The same for a head that somebody else had a say in. Where only a `Response` knows what becomes of it, one is made.
 *
 * @throws {RangeError | TypeError} as `new Response` does, for a status that it cannot have.
 */
export function sendAsked(reply: FastifyReply, status: number, headers: Headers, body: string): string | Response {
  const isPlain = Number.isInteger(status) && status >= 200 && status <= 599 && !BODILESS.has(status);
  if (isPlain && headers.get("content-type") === "application/json") return send(reply, status, headers, body);
  return new Response(body, { status, headers });
}
