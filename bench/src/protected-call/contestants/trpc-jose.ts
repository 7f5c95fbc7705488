import { initTRPC, TRPCError } from "@trpc/server";
import { type CreateFastifyContextOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify from "fastify";
import { createLocalJWKSet, jwtVerify } from "jose";
import { setup } from "../../harness/program.ts";
import { answerTo } from "../../harness/setup.ts";
import { listen } from "../listen.ts";

// What a tutorial shows: a `protectedProcedure` that lets jose verify the token of each call.

const keys = createLocalJWKSet({ keys: [setup.jwk] });
const t = initTRPC.context<{ authorization: string | undefined }>().create();

const protectedProcedure = t.procedure.use(async ({ ctx, next }) => {
  const [scheme, token] = ctx.authorization?.split(" ") ?? [];
  if (scheme !== "Bearer" || !token) throw new TRPCError({ code: "UNAUTHORIZED" });
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ["EdDSA"],
    issuer: setup.issuer,
    audience: setup.audience,
  }).catch((cause) => {
    throw new TRPCError({ code: "UNAUTHORIZED", cause });
  });
  const { sub, scope } = payload;
  const mayRead = typeof scope === "string" && scope.split(" ").includes("notes:read");
  if (!sub || !mayRead) throw new TRPCError({ code: "FORBIDDEN" });
  return next({ ctx: { account: sub } });
});

const app = fastify();
await app.register(fastifyTRPCPlugin, {
  prefix: "/trpc",
  trpcOptions: {
    router: t.router({ notes: protectedProcedure.query(({ ctx }) => answerTo(ctx.account, setup)) }),
    createContext: ({ req }: CreateFastifyContextOptions) => ({ authorization: req.headers.authorization }),
  },
});
await listen(app);
