import type { FastifyReply } from "fastify";

/** Aborts when the client goes before the response was written. */
export function abortSignalOf(response: FastifyReply["raw"]): AbortSignal {
  const controller = new AbortController();
  response.on("close", () => {
    if (!response.writableEnded) controller.abort();
  });
  return controller.signal;
}
