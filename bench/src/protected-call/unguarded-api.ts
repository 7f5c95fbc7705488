import { initTRPC } from "@trpc/server";
import type { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify from "fastify";
import { setup } from "../harness/program.ts";
import { answerTo } from "../harness/setup.ts";
import { listen } from "./listen.ts";

/** The same API as `serveGuarded`, with nothing checked. */
export async function serveUnguarded(plugin: typeof fastifyTRPCPlugin): Promise<void> {
  const t = initTRPC.create();
  const router = t.router({ notes: t.procedure.query(() => answerTo(setup.account, setup)) });
  const app = fastify();
  await app.register(plugin, { prefix: "/trpc", trpcOptions: { router } });
  await listen(app);
}
