import { createGuard, type Facts, facts } from "@countersign/guard";
import { fastifyGuardPlugin } from "@countersign/guard/fastify";
import { createIssuer, devCertificate } from "@countersign/server";
import { initTRPC } from "@trpc/server";
import { fastify } from "fastify";
import { z } from "zod";

const permissions = ["notes:read", "notes:write"] as const;
const issuer = await createIssuer({
  issuer: `${process.env["APP_URL"] ?? "https://localhost:8443"}/auth`,
  database: { sqlite: "data/issuer.db" },
  masterKeys: { file: "data/master-key" },
  permissions,
  roles: { writer: { permissions } },
  signUp: "open",
  signUpRoles: ["writer"],
});

const t = initTRPC.context<{ auth: Facts }>().create();
const { allowed, router } = createGuard(t, { issuer: issuer.verifier, permissions });

const notes = new Map<string, string[]>();
const appRouter = router({
  list: allowed("notes:read").query(({ ctx }) => notes.get(ctx.principal.id) ?? []),
  add: allowed("notes:write")
    .input(z.strictObject({ text: z.string().max(1000) }))
    .mutation(({ ctx, input }) => {
      notes.set(ctx.principal.id, [...(notes.get(ctx.principal.id) ?? []), input.text]);
    }),
});
export type AppRouter = typeof appRouter;

const app = fastify({ https: await devCertificate("data") });
await app.register(issuer.plugin);
const createContext = ({ req }: { req: Parameters<typeof facts>[0] }) => ({ auth: facts(req) });
await app.register(fastifyGuardPlugin, { prefix: "/trpc", trpcOptions: { router: appRouter, createContext } });
await app.listen({ port: Number(new URL(issuer.issuer).port) });
process.stdout.write(`${(await issuer.setUpLink()) ?? "There is an administrator."}\n`);
