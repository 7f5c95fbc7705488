import { initTRPC } from "@trpc/server";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify from "fastify";
import { type FastifyGuardPluginOptions, fastifyGuardPlugin } from "./fastify.ts";
import { createGuard } from "./guard.ts";
import { type Facts, facts } from "./request/facts.ts";
import type { Verifier } from "./verify/verifier.ts";

// Compiled, never run: whoever changes the import changes nothing else.
declare const issuer: Verifier;
const t = initTRPC.context<{ auth: Facts; url: string }>().create();
const guard = createGuard(t, { issuer, permissions: ["a:b"] });
const router = guard.router({ me: guard.signedIn.query(({ ctx }) => ctx.principal.id) });
type AppRouter = typeof router;

const trpcOptions: FastifyGuardPluginOptions<AppRouter>["trpcOptions"] = {
  router,
  createContext: ({ req, res, info }) => ({ auth: facts(req), url: `${req.url}${res.statusCode}${info.url?.href}` }),
  onError: ({ path, error, ctx }) => void [path?.length, error.code, ctx?.url],
  responseMeta: guard.responseMeta,
  maxBatchSize: guard.maxBatchSize,
  allowMethodOverride: true,
};
fastify().register(fastifyGuardPlugin, { prefix: "/trpc", trpcOptions });
fastify().register(fastifyTRPCPlugin, { prefix: "/trpc", trpcOptions });
fastify().register(fastifyGuardPlugin<AppRouter>, { prefix: "/trpc", logLevel: "warn", trpcOptions });

// Either plugin's options are the other's.
declare const theirs: FastifyTRPCPluginOptions<AppRouter>;
declare const ours: FastifyGuardPluginOptions<AppRouter>;
fastify().register(fastifyGuardPlugin<AppRouter>, theirs);
fastify().register(fastifyTRPCPlugin<AppRouter>, ours);
// @ts-expect-error: a WebSocket's context outlives its token
fastify().register(fastifyGuardPlugin<AppRouter>, { useWSS: true, trpcOptions });

fastify().register(fastifyGuardPlugin<AppRouter>, {
  prefix: "/trpc",
  // @ts-expect-error: a context without what the router needs
  trpcOptions: { router, createContext: () => ({ url: "" }) },
});
// @ts-expect-error: no router
fastify().register(fastifyGuardPlugin, { prefix: "/trpc", trpcOptions: {} });
