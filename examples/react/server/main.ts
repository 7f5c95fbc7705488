import { facts } from "@countersign/guard";
import { fastifyGuardPlugin } from "@countersign/guard/fastify";
import { fastify } from "fastify";
import { apiPort, origin } from "./config.ts";
import { issuer } from "./issuer.ts";
import { createRouter } from "./router.ts";

// Whoever asks is known by the address that the server of the pages tells, which is on this machine.
const app = fastify({ trustProxy: "loopback" });
await app.register(issuer.plugin);
const createContext = ({ req }: { req: Parameters<typeof facts>[0] }) => ({ auth: facts(req) });
await app.register(fastifyGuardPlugin, {
  prefix: "/trpc",
  trpcOptions: { router: createRouter(issuer.verifier), createContext },
});
await app.listen({ host: "127.0.0.1", port: apiPort });

process.stdout.write(`The API of ${origin} is ready.\n${(await issuer.setUpLink()) ?? "There is an administrator."}\n`);
