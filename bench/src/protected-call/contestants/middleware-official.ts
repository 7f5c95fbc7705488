import { initTRPC } from "@trpc/server";
import { type CreateFastifyContextOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify from "fastify";
import { setup } from "../../harness/program.ts";
import { answerTo } from "../../harness/setup.ts";
import { listen } from "../listen.ts";

// What tRPC itself takes for any guard: a context, a middleware that adds to it and checks nothing, one header.

const t = initTRPC.context<{ authorization: string | undefined }>().create();
const procedure = t.procedure.use(({ next }) => next({ ctx: { account: setup.account } }));

const app = fastify();
await app.register(fastifyTRPCPlugin, {
  prefix: "/trpc",
  trpcOptions: {
    router: t.router({ notes: procedure.query(({ ctx }) => answerTo(ctx.account, setup)) }),
    createContext: ({ req }: CreateFastifyContextOptions) => ({ authorization: req.headers.authorization }),
    responseMeta: () => ({ headers: new Headers({ "Cache-Control": "no-store" }) }),
  },
});
await listen(app);
