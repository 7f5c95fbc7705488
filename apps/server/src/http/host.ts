import { type FastifyInstance, type FastifyRequest, type FastifyServerOptions, fastify, LogController } from "fastify";
import { errorReply, handleError, handleNotFound, refusalFrom, setRefusal } from "./errors.ts";
import { logRequest } from "./request-log.ts";
import { securityHeaders, setHeaders } from "./security-headers.ts";

/** A Fastify of our own: what none of its routes answers is refused with a reason, and with the headers of all answers. */
export function createHost(issuer: string, options: FastifyServerOptions): FastifyInstance {
  const headers = securityHeaders(issuer);
  const app = fastify({
    ...options,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "id" }),
    return503OnClosing: false, // what came before the end is served to the end
    frameworkErrors: (error, request, reply) => {
      const refusal = refusalFrom(error);
      void setRefusal(reply.headers(headers), refusal).send(errorReply(refusal));
      void logRequest(request as FastifyRequest, reply);
    },
  });
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleNotFound);
  app.addHook("onRequest", setHeaders(headers));
  app.addHook("onResponse", logRequest);
  return app;
}
