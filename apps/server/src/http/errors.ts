import { challengeFor, refusals } from "@countersign/guard";
import { type ErrorReply, type Reason, Refusal } from "@countersign/tokens";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { outcomeOf } from "./outcome.ts";

/** Fastify's own refusals that mean more than a bad request. */
const known: Readonly<Record<string, Reason>> = Object.freeze({
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_EMPTY_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
});

/**
 * What was refused, whatever was thrown. What nobody thought of is `internal`, with the error as its cause: for the log,
 * never for the reply (ASVS 16.5.1).
 */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error)) return new Refusal("internal", { detail: "something thrown is no error" });
  const { code = "", statusCode = 500 } = error as Partial<FastifyError>;
  const reason = known[code] ?? (isOfTheRequest(code, statusCode) ? "bad_request" : "internal");
  return new Refusal(reason, { cause: error });
}

/** By Fastify's status, or by tRPC's code for a request that its adapter cannot read. */
function isOfTheRequest(code: string, status: number): boolean {
  return code === "BAD_REQUEST" || (status >= 400 && status < 500);
}

/** Notes a refusal for the request's line, and logs what somebody has to look into. */
export function noteRefusal(request: FastifyRequest, refusal: Refusal): void {
  const outcome = outcomeOf(request);
  outcome.reason = refusal.reason;
  if (refusal.detail !== undefined) outcome.detail = refusal.detail;
  if (refusal.reason === "internal") request.log.error({ err: refusal }, "a request failed");
  else if (refusals[refusal.reason].status >= 500) request.log.warn({ err: refusal }, "a request could not be served");
}

/** Status and headers of a refusal. */
export function setRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const challenge = challengeFor([refusal]);
  if (challenge !== undefined) reply.header("www-authenticate", challenge);
  if (refusal.nonce !== undefined) reply.header("dpop-nonce", refusal.nonce);
  if (refusal.retryAfter !== undefined) reply.header("retry-after", Math.max(1, Math.ceil(refusal.retryAfter)));
  return reply.code(refusals[refusal.reason].status);
}

/**
 * The same of a refused grant. A route that gives tokens protects no resource: what is wrong with a grant or with its proof
 * is 400, and no challenge opens it (RFC 6749 §5.2, RFC 9449 §5, §8).
 */
function setGrantRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  setRefusal(reply, refusal);
  if (reply.statusCode !== 401) return reply;
  reply.removeHeader("www-authenticate");
  return reply.code(400);
}

/** The body of a refusal: its reason, and nothing of the request. */
export function errorReply(refusal: Refusal): ErrorReply {
  return { error: refusal.reason };
}

/** Fastify's error handler. Always the last word: nothing leaves it but a reason. */
export const handleError = handlerOf(setRefusal);

/** The error handler of routes that give tokens. */
export const handleGrantError = handlerOf(setGrantRefusal);

function handlerOf(set: typeof setRefusal) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refusal = refusalFrom(error);
    noteRefusal(request, refusal);
    return await set(reply, refusal).send(errorReply(refusal));
  };
}

/** Fastify's handler for what no route answers. */
export async function handleNotFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return await handleError(new Refusal("not_found"), request, reply);
}
