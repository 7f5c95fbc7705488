import { createServer } from "node:https";
import { devCertificate } from "@countersign/server";
import next from "next";
import { issuer, origin } from "./issuer.ts";

// `next start` over TLS, for this machine.
const app = next({ dev: false });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer(await devCertificate("data"), (request, response) => void handle(request, response));
const setUpLink = await issuer.setUpLink();
server.listen(Number(new URL(origin).port || 443), () =>
  process.stdout.write(`Ready at ${origin}\n${setUpLink ?? ""}\n`),
);
