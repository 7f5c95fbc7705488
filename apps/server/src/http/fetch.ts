import { isIP } from "node:net";
import { Readable } from "node:stream";
import type { FastifyBaseLogger, FastifyInstance, FastifyPluginAsync, LightMyRequestResponse } from "fastify";
import type { Logger } from "../services/logger.ts";
import { createHost } from "./host.ts";

/** What a request does not say of itself. */
export interface FetchOptions {
  /**
   * The caller's address, as the host knows it: attempts are limited by it. Without one all callers share one limit. Never
   * take it from a header that the caller may have written.
   */
  readonly address?: string | undefined;
}

/** An issuer as a `fetch` handler. */
export type IssuerFetch = (request: Request, options?: FetchOptions) => Promise<Response>;

export interface FetchParts {
  readonly issuer: string;
  readonly plugin: FastifyPluginAsync;
  readonly logger: Logger | undefined;
}

/** What concerns one connection (RFC 9110 §7.6.1), and the date: both are the host's to say. */
const ofTheConnection: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "date"]);
/** Statuses whose answers have no body (Fetch §2.2.3). */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);
/** No address, so that it counts as none. */
const NOBODY = "unknown";

/**
 * The same routes for hosts that speak `Request` and `Response`: answered by the plugin in a Fastify of its own, which
 * listens nowhere. Bodies are read as far as their limits and no further, answers are streamed, and a request that is
 * aborted ends here too.
 *
 * Does not check: that the request came over TLS. What the fetch API joins (two headers of one name) comes joined, and is
 * refused like two.
 */
export function createFetch({ issuer, plugin, logger }: FetchParts): IssuerFetch {
  let opening: Promise<FastifyInstance> | undefined;
  const open = async () => {
    const app = createHost(issuer, { loggerInstance: loggerOver(logger) });
    await app.register(plugin);
    return app;
  };

  return async (request, { address } = {}) => {
    if (address !== undefined && (typeof address !== "string" || isIP(address) === 0)) {
      throw new TypeError("issuer.fetch: `address` is the caller's IP address and nothing else, or left out");
    }
    if (request.bodyUsed) throw new TypeError("issuer.fetch: the request's body was read before");
    opening ??= open();
    const app = await opening;
    const { signal } = request;
    signal.throwIfAborted();
    const { pathname, search } = new URL(request.url);
    const body = request.body ? Readable.fromWeb(request.body) : undefined;
    try {
      const answer = app.inject({
        method: request.method as "GET",
        url: pathname + search,
        headers: headersOf(request),
        remoteAddress: address ?? NOBODY,
        payloadAsStream: true,
        validate: false, // what the routes make of a method that nobody knows is theirs to say
        ...(body ? { payload: body } : {}),
      });
      const reply = await untilAborted(answer, signal);
      if (body?.errored) throw body.errored; // it was answered like a body that is none, to nobody
      return responseOf(reply, request.method === "HEAD", signal);
    } finally {
      body?.destroy(); // what was refused is not read to its end
    }
  };
}

/** An answer that comes too late is thrown away. */
async function untilAborted(answer: Promise<LightMyRequestResponse>, signal: AbortSignal) {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => {
    reject(signal.reason);
    answer.then(discard, () => {});
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function discard(reply: LightMyRequestResponse): void {
  reply.stream().destroy();
  reply.raw.res.destroy();
}

/** A body whose length was not said is one without a known end, as it is for a server that gets it in chunks. */
function headersOf({ headers, body }: Request): Record<string, string | undefined> {
  const chunked = body !== null && !headers.has("content-length") ? { "transfer-encoding": "chunked" } : {};
  return { "user-agent": undefined, ...Object.fromEntries(headers), ...chunked };
}

function responseOf(reply: LightMyRequestResponse, isHead: boolean, signal: AbortSignal): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(reply.headers)) {
    if (ofTheConnection.has(name)) continue;
    for (const one of [value].flat()) headers.append(name, String(one));
  }
  const { statusCode: status } = reply;
  const stream = reply.stream();
  const abort = () => stream.destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  stream.once("close", () => {
    signal.removeEventListener("abort", abort);
    reply.raw.res.destroy(); // whoever stops reading has no use for what is still being made
  });
  if (!isHead && !bodiless.has(status)) return new Response(Readable.toWeb(stream), { status, headers });
  stream.resume();
  return new Response(null, { status, headers });
}

function loggerOver(logger: Logger | undefined): FastifyBaseLogger {
  const silent = () => {};
  const log: FastifyBaseLogger = {
    level: "info",
    fatal: (detail: object, message?: string) => logger?.error(detail, message ?? ""),
    error: (detail: object, message?: string) => logger?.error(detail, message ?? ""),
    warn: (detail: object, message?: string) => logger?.warn?.(detail, message ?? ""),
    info: (detail: object, message?: string) => logger?.info?.(detail, message ?? ""),
    debug: silent,
    trace: silent,
    silent,
    child: () => log,
  };
  return log;
}
