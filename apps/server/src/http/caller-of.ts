import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Caller } from "../services/caller.ts";

const USER_AGENT_LENGTH = 200;

/** Who asks. The address is the peer's, or what a trusted proxy says; what is no address counts as none. */
export function callerOf(request: FastifyRequest): Caller {
  return {
    address: isIP(request.ip) > 0 ? request.ip : null,
    userAgent: request.headers["user-agent"]?.slice(0, USER_AGENT_LENGTH) ?? null,
  };
}

/** The request's `Origin`, null where no browser called. Not judged. */
export function originOf(request: FastifyRequest): string | null {
  return request.headers.origin ?? null;
}
