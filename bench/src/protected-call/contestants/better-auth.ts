import { randomBytes, randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { initTRPC, TRPCError } from "@trpc/server";
import { type CreateFastifyContextOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders } from "better-auth/node";
import { bearer } from "better-auth/plugins";
import fastify from "fastify";
import { setup } from "../../harness/program.ts";
import { answerTo } from "../../harness/setup.ts";
import { listen } from "../listen.ts";

// Better Auth as its documentation says for tRPC: `getSession` in the protected procedure, by the bearer plugin. Its
// session is looked up in SQLite, which is in memory here: nothing waits for a disk.

const auth = betterAuth({
  baseURL: setup.issuer,
  secret: randomBytes(32).toString("hex"),
  database: new DatabaseSync(":memory:"),
  emailAndPassword: { enabled: true },
  plugins: [bearer()],
  advanced: { database: { generateId: ({ model }) => (model === "user" ? setup.account : randomUUID()) } },
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
const { token } = await auth.api.signUpEmail({
  body: { name: "Ann", email: "ann@example.com", password: "seven plums in winter" },
});
if (token === null) throw new Error("signed up without a session");

const t = initTRPC.context<{ headers: Headers }>().create();
const protectedProcedure = t.procedure.use(async ({ ctx, next }) => {
  const session = await auth.api.getSession({ headers: ctx.headers });
  if (!session) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx: { session } });
});

const app = fastify();
await app.register(fastifyTRPCPlugin, {
  prefix: "/trpc",
  trpcOptions: {
    router: t.router({ notes: protectedProcedure.query(({ ctx }) => answerTo(ctx.session.user.id, setup)) }),
    createContext: ({ req }: CreateFastifyContextOptions) => ({ headers: fromNodeHeaders(req.headers) }),
  },
});
await listen(app, token);
