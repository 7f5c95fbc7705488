import type { ErrorReply, Reason } from "@countersign/tokens";
import type { FastifyInstance } from "fastify";

/** What Node's parser refuses before there is a request. */
const answers: Readonly<Record<string, readonly [status: string, reason: Reason]>> = Object.freeze({
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "too_large"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ["413 Content Too Large", "too_large"],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "bad_request"],
});

/** Answers a connection whose bytes are no request: a reason, and nothing of the bytes. */
export function answerMalformed(
  this: FastifyInstance,
  error: Error & { code?: string },
  socket: import("node:net").Socket,
) {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  this.log.info({ code: error.code }, "not a request");
  const [status, reason] = answers[error.code ?? ""] ?? (["400 Bad Request", "bad_request"] as const);
  const body: ErrorReply = { error: reason };
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      "cache-control: no-store",
      "connection: close",
      `content-length: ${Buffer.byteLength(text)}`,
      "content-type: application/json; charset=utf-8",
      "x-content-type-options: nosniff",
      "",
      text,
    ].join("\r\n"),
  );
}
