import type { Server } from "node:https";
import type { World } from "@countersign/tokens";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { TlsConfig } from "../config.ts";
import { createHost } from "./host.ts";
import { pathOf } from "./issuer-path.ts";
import type { Log } from "./log.ts";
import { answerMalformed } from "./malformed.ts";
import { proxyGate } from "./proxy-gate.ts";
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
  const loggerInstance: FastifyBaseLogger = log;
  const app = createHost(issuer, {
    // Fastify's types want the kind of server at compile time; what it makes follows `https` all the same.
    ...(pair ? { https: tlsOptions(pair) as object } : {}),
    loggerInstance,
    genReqId: () => Buffer.from(world.random(REQUEST_ID_BYTES)).toString("base64url"),
    ...(tls.mode === "proxy" ? { trustProxy: [...tls.trusted] } : {}),
    requestTimeout: 30_000,
    forceCloseConnections: "idle",
    clientErrorHandler: answerMalformed,
  });
  if (tls.mode === "proxy") app.addHook("onRequest", proxyGate(tls.trusted, pathOf(issuer)));
  return app;
}

/** The server underneath, to change its certificate. */
export function tlsServerOf(app: FastifyInstance): Server {
  return app.server as Server;
}
