import type { Server } from "node:https";
import type { World } from "@countersign/tokens";
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from "fastify";
import type { TlsConfig } from "../config.ts";
import { errorReply, handleError, handleNotFound, refusalFrom, setRefusal } from "./errors.ts";
import type { Log } from "./log.ts";
import { answerMalformed } from "./malformed.ts";
import { proxyGate } from "./proxy-gate.ts";
import { logRequest } from "./request-log.ts";
import { securityHeaders, setHeaders } from "./security-headers.ts";
import { refuseDoubled } from "./single-headers.ts";
import { tlsOptions } from "./tls/options.ts";
import type { Pair } from "./tls/pair.ts";

const REQUEST_ID_BYTES = 12;

export interface ServerParts {
  readonly issuer: string;
  readonly tls: TlsConfig;
  /** What to serve TLS with; none behind a proxy. */
  readonly pair: Pair | undefined;
  readonly log: Log;
  readonly world: World;
}

/**
 * A Fastify with what every route of ours relies on: TLS or a trusted proxy, ids, one line in the log, headers, and
 * refusals that say a reason. No routes of its own.
 */
export function createServer({ issuer, tls, pair, log, world }: ServerParts): FastifyInstance {
  const headers = securityHeaders(issuer);
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    // Fastify's types want the kind of server at compile time; what it makes follows `https` all the same.
    ...(pair ? { https: tlsOptions(pair) as object } : {}),
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "id" }),
    genReqId: () => Buffer.from(world.random(REQUEST_ID_BYTES)).toString("base64url"),
    ...(tls.mode === "proxy" ? { trustProxy: [...tls.trusted] } : {}),
    requestTimeout: 30_000,
    return503OnClosing: false, // what came before the end is served to the end
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => {
      const refusal = refusalFrom(error);
      void setRefusal(reply.headers(headers), refusal).send(errorReply(refusal));
      void logRequest(request as FastifyRequest, reply);
    },
    clientErrorHandler: answerMalformed,
  });
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleNotFound);
  app.addHook("onRequest", setHeaders(headers));
  if (tls.mode === "proxy") app.addHook("onRequest", proxyGate(tls.trusted));
  app.addHook("onRequest", refuseDoubled);
  app.addHook("onResponse", logRequest);
  return app;
}

/** The server underneath, to change its certificate. */
export function tlsServerOf(app: FastifyInstance): Server {
  return app.server as Server;
}
