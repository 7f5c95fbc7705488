import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { terminalApp } from "../terminal-app.ts";
import { route } from "./route.ts";

const style = `body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}
pre{padding:1rem;border:1px solid;overflow-x:auto}`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Set up Countersign</title>
<style>${style}</style>
</head>
<body>
<h1>Make the first administrator</h1>
<p>This link works in a terminal. In the folder of the server, run:</p>
<pre><code>${terminalApp} setup '&lt;the whole link&gt;'</code></pre>
<p>Copy the link from the address bar, with everything after the #. It works once, within 24 hours. What stands after the #
never leaves this browser.</p>
</body>
</html>
`;

const styleHash = createHash("sha256").update(style).digest("base64");
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * The page behind the set-up link. It holds no script and asks for nothing: the secret is the link's fragment, which a
 * browser does not send.
 */
export async function setupPage(fastify: FastifyInstance): Promise<void> {
  route(fastify, "GET", "/setup", {}, async (_request, reply) => {
    reply.header("content-security-policy", policy);
    return await reply.type("text/html; charset=utf-8").send(page);
  });
}
