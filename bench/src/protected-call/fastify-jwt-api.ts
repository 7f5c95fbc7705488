import { createPublicKey } from "node:crypto";
import jwt from "@fastify/jwt";
import fastify from "fastify";
import { setup } from "../harness/program.ts";
import { envelope } from "../harness/setup.ts";
import { listen } from "./listen.ts";

/** A route of plain Fastify behind `@fastify/jwt`, which verifies by fast-jwt. No tRPC in it. */
export async function serveFastifyJwt({ cache }: { cache: boolean }): Promise<void> {
  const app = fastify();
  await app.register(jwt, {
    secret: { public: createPublicKey({ key: setup.jwk, format: "jwk" }).export({ type: "spki", format: "pem" }) },
    verify: { algorithms: ["EdDSA"], allowedIss: setup.issuer, allowedAud: setup.audience, cache },
  });
  app.get("/trpc/notes", { onRequest: (request) => request.jwtVerify() }, async (request, reply) => {
    const { sub, scope } = request.user as { sub: string; scope: string };
    return scope.split(" ").includes("notes:read") ? envelope(sub, setup) : reply.code(403).send();
  });
  await listen(app);
}
