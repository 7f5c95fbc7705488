import { Refusal, type SessionReply } from "@countersign/tokens";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clients } from "../services/clients.ts";
import type { Proofs } from "../services/sessions/proofs.ts";
import type { Sessions } from "../services/sessions/sessions.ts";
import { callerOf, originOf } from "./caller-of.ts";
import { cookie, cookieName, noCookie, readCookie } from "./cookies.ts";
import { allowRegisteredOrigins } from "./cors.ts";
import { handleGrantError } from "./errors.ts";
import { judgeOrigin } from "./origin.ts";
import { route } from "./route.ts";
import { endBody, readBody, refreshBody, startBody } from "./session-bodies.ts";

const BODY_LIMIT = 16 * 1024;

export interface SessionRoutesParts {
  readonly sessions: Sessions;
  readonly clients: Clients;
  readonly proofs: Proofs;
}

type Client = NonNullable<Awaited<ReturnType<Clients["byId"]>>>;

/**
 * `/session/start`, `/session/refresh`, `/session/end`: the only routes that read or set a cookie. A refusal changes
 * nothing, neither here nor in the browser: whoever forges a request must not sign anybody out.
 */
export function sessionRoutes({ sessions, clients, proofs }: SessionRoutesParts) {
  const options = { bodyLimit: BODY_LIMIT, onRequest: requireOwnHeader };

  async function admit(request: FastifyRequest, id: string): Promise<Client> {
    const client = await clients.byId(id);
    if (!client) throw new Refusal("invalid_client");
    judgeOrigin(
      {
        origin: request.headers.origin,
        site: header(request, "sec-fetch-site"),
        mode: header(request, "sec-fetch-mode"),
      },
      client,
    );
    return client;
  }

  return async (fastify: FastifyInstance): Promise<void> => {
    fastify.setErrorHandler(handleGrantError);
    allowRegisteredOrigins(fastify, clients, true);
    // A fresh nonce before the last one runs out saves a refused request (RFC 9449 §8.2).
    fastify.addHook("onSend", async (request, reply) => {
      if (request.headers["dpop"] !== undefined && !reply.hasHeader("dpop-nonce"))
        reply.header("dpop-nonce", await proofs.nonce());
    });

    route(fastify, "POST", "/start", options, async (request, reply) => {
      const { client: id, handoff, audiences } = readBody(startBody, request.body);
      const client = await admit(request, id);
      const replaces = carried(request, client, undefined);
      const started = await sessions.start(
        { client: client.id, handoff, origin: originOf(request), audiences, replaces, proof: header(request, "dpop") },
        callerOf(request),
      );
      return deliver(reply, client, started);
    });

    route(fastify, "POST", "/refresh", options, async (request, reply) => {
      const { client: id, refresh_token, audiences } = readBody(refreshBody, request.body);
      const client = await admit(request, id);
      const refreshToken = carried(request, client, refresh_token);
      if (refreshToken === undefined) throw new Refusal("invalid_grant", { detail: "no refresh token" });
      return deliver(
        reply,
        client,
        await sessions.refresh(
          { client: client.id, refreshToken, audiences, proof: header(request, "dpop") },
          callerOf(request),
        ),
      );
    });

    route(fastify, "POST", "/end", options, async (request, reply) => {
      const { client: id, refresh_token } = readBody(endBody, request.body);
      const client = await admit(request, id);
      const refreshToken = carried(request, client, refresh_token);
      const proof = header(request, "dpop");
      if (refreshToken !== undefined) await sessions.end({ client: client.id, refreshToken, proof }, callerOf(request));
      if (client.mode === "cookie") reply.header("set-cookie", noCookie(cookieName(client.id)));
      return await reply.code(204).send();
    });
  };
}

/** No form and no image can send a header of our own, and no other site's script without our leave (ASVS 3.5.1). */
async function requireOwnHeader(request: FastifyRequest): Promise<void> {
  if (header(request, "x-countersign") !== "1") throw new Refusal("bad_request", { detail: "no x-countersign: 1" });
}

/** The refresh token from the one place where this client keeps it. */
function carried(request: FastifyRequest, client: Client, inBody: string | undefined): string | undefined {
  if (client.mode !== "cookie") return inBody;
  if (inBody !== undefined) throw new Refusal("bad_request", { detail: "a refresh token beside its cookie" });
  return readCookie(request.headers.cookie, cookieName(client.id));
}

/** In cookie mode the refresh token leaves in a cookie that lives as long as the session may, and in nothing else. */
function deliver(reply: FastifyReply, client: Client, { refresh_token, ...rest }: SessionReply): SessionReply {
  if (client.mode !== "cookie") return refresh_token === undefined ? rest : { ...rest, refresh_token };
  if (refresh_token !== undefined) {
    reply.header("set-cookie", cookie(cookieName(client.id), refresh_token, rest.session_end - rest.server_time));
  }
  return rest;
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
