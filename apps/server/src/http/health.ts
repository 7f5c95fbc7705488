import type { FastifyInstance } from "fastify";
import type { Health } from "../services/health.ts";
import { route } from "./route.ts";

/** `/livez`: this process answers. `/readyz`: it can serve; else 503 with the reason. Neither says anything more. */
export function healthRoutes(health: Health) {
  return async (fastify: FastifyInstance): Promise<void> => {
    route(fastify, "GET", "/livez", {}, async () => ({ status: "alive" }));
    route(fastify, "GET", "/readyz", {}, async () => {
      await health.ready();
      return { status: "ready" };
    });
  };
}
