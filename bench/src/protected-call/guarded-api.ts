import { createGuard, createVerifier, type DpopOptions, type Facts, facts } from "@countersign/guard";
import { importVerificationKey, RevocationSet } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import type { CreateFastifyContextOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify from "fastify";
import { setup } from "../harness/program.ts";
import { answerTo } from "../harness/setup.ts";
import { listen } from "./listen.ts";

/** An API whose one procedure demands a permission, with keys and revocations at hand as beside an issuer. */
export async function serveGuarded(plugin: typeof fastifyTRPCPlugin, dpop?: DpopOptions): Promise<void> {
  const key = await importVerificationKey(setup.jwk);
  const revocations = new RevocationSet();
  const t = initTRPC.context<{ auth: Facts }>().create();
  const { allowed, router, responseMeta, maxBatchSize } = createGuard(t, {
    issuer: createVerifier({
      issuer: setup.issuer,
      keys: (kid) => (kid === key.kid ? key : undefined),
      hasKey: (kid) => kid === key.kid,
      revoked: ({ kid, claims }) => revocations.judge(kid, claims),
      now: () => Date.now(),
    }),
    audience: setup.audience,
    permissions: ["notes:read", "notes:write"],
    ...(dpop && { dpop }),
  });
  const app = fastify();
  await app.register(plugin, {
    prefix: "/trpc",
    trpcOptions: {
      router: router({ notes: allowed("notes:read").query(({ ctx }) => answerTo(ctx.principal.id, setup)) }),
      createContext: ({ req }: CreateFastifyContextOptions) => ({ auth: facts(req) }),
      responseMeta,
      maxBatchSize,
    },
  });
  await listen(app);
}
