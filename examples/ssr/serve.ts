import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { facts } from "@countersign/guard";
import { devCertificate } from "@countersign/server";
import { serve } from "@hono/node-server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { issuer, origin, sessions } from "./auth.ts";
import { page, script } from "./page.ts";
import { appRouter, guard } from "./router.ts";

const api = (req: Request) =>
  fetchRequestHandler({
    endpoint: "/trpc",
    req,
    router: appRouter,
    createContext: () => ({ auth: facts(req) }),
    responseMeta: guard.responseMeta,
    maxBatchSize: guard.maxBatchSize,
  });

const fetch = async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/auth/")) return await issuer.fetch(request);
  if (pathname.startsWith("/trpc/")) return await api(request);
  if (pathname === "/page.js") return new Response(script, { headers: { "content-type": "text/javascript" } });
  return await sessions.serve(request, page);
};

const serverOptions = await devCertificate("data");
// Its pages call the issuer and the API as they would elsewhere, over TLS: with this certificate they have to trust it.
setDefaultCACertificates([...getCACertificates("default"), await readFile("data/ca.pem", "utf8")]);
const port = Number(new URL(origin).port || 443);
serve({ fetch, port, createServer, serverOptions }, async () => {
  process.stdout.write(`Ready at ${origin}\n${(await issuer.setUpLink()) ?? ""}\n`);
});
