import { facts } from "@countersign/guard";
import { type FastifyGuardPluginOptions, fastifyGuardPlugin } from "@countersign/guard/fastify";
import { fastify } from "fastify";
import { config } from "./config.ts";
import { openNotes } from "./notes.ts";
import { appRouter, type NotesRouter } from "./router.ts";
import { guard } from "./trpc.ts";

const notes = openNotes(config.database);
const app = fastify();
await app.register(fastifyGuardPlugin, {
  prefix: "/trpc",
  trpcOptions: {
    router: appRouter,
    createContext: ({ req }) => ({ auth: facts(req), notes }),
    responseMeta: guard.responseMeta,
    maxBatchSize: guard.maxBatchSize,
  } satisfies FastifyGuardPluginOptions<NotesRouter>["trpcOptions"],
});
app.addHook("onClose", async () => {
  guard.close();
  notes.close();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void app.close());

process.stdout.write(`Notes at ${await app.listen({ host: "localhost", port: config.port })}/trpc\n`);
