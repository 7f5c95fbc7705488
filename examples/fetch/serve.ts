import { createServer } from "node:https";
import { devCertificate } from "@countersign/server";
import { serve } from "@hono/node-server";
import * as auth from "./app/auth/[...path]/route.ts";
import * as trpc from "./app/trpc/[trpc]/route.ts";
import { issuer } from "./issuer.ts";

// What Next does: it finds the route's file and calls the function named after the method.
type Handler = (request: Request) => Promise<Response>;
const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = { auth: { ...auth }, trpc: { ...trpc } };

const fetch = async (request: Request): Promise<Response> => {
  const [, first = ""] = new URL(request.url).pathname.split("/");
  const route = Object.hasOwn(routes, first) ? routes[first] : undefined;
  const handler = route && Object.hasOwn(route, request.method) ? route[request.method] : undefined;
  return handler ? await handler(request) : new Response(null, { status: route ? 405 : 404 });
};

const port = Number(new URL(issuer.issuer).port || 443);
serve({ fetch, port, createServer, serverOptions: await devCertificate("data") }, async () => {
  process.stdout.write(`Ready at ${issuer.issuer}\n${(await issuer.setUpLink()) ?? ""}\n`);
});
