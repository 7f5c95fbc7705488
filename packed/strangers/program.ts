// Somebody's API and a program that calls it, in one process: on any Node that the packages are for.
import { createServer } from "node:http";
import { createClient, reasonOf } from "@countersign/client";
import { facts } from "@countersign/guard";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createNotesApi, type NotesRouter } from "./notes-api.ts";
import { createOwnIssuer } from "./own-issuer.ts";

const [issuer = "", email = "", password = "", port = ""] = process.argv.slice(2);
const audience = `http://localhost:${port}`;
const own = await createOwnIssuer("https://own.example");

const serve = ({ router, responseMeta }: ReturnType<typeof createNotesApi>, basePath: string) =>
  createHTTPHandler({ router, responseMeta, basePath, createContext: ({ req }) => ({ auth: facts(req) }) });
const remote = serve(createNotesApi(issuer, audience), "/");
const local = serve(createNotesApi(own.verifier, audience), "/own/");
const server = createServer((req, res) => (req.url?.startsWith("/own/") ? local(req, res) : remote(req, res)));
await new Promise<void>((resolve) => void server.listen(Number(port), "localhost", resolve));

const client = createClient({ url: issuer });
const notes = client.connect<NotesRouter>({ url: audience });
const refused = await notes.me.query().catch(reasonOf);
await client.signIn({ email, password });
const { id } = await client.api.account.me.query();
const added = await notes.add.mutate({ title: "from the SDK" });

const ask = async (headers: Record<string, string>) => {
  const body = JSON.stringify({ title: "own" });
  const response = await fetch(`${audience}/own/add`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return { status: response.status, challenge: response.headers.get("www-authenticate"), body: await response.json() };
};
const withOwnToken = await ask({ authorization: `Bearer ${await own.token(audience, "ann", ["notes:write"])}` });
const withLesser = await ask({ authorization: `Bearer ${await own.token(audience, "ann", ["notes:read"])}` });

await client.session.end();
const signedOut = await client.api.account.me.query().catch(reasonOf);
client.dispose();
server.close();
server.closeAllConnections();
const runtime = process.versions["bun"] ? `Bun ${process.versions["bun"]}` : `Node ${process.versions.node}`;
process.stdout.write(JSON.stringify({ runtime, refused, id, added, withOwnToken, withLesser, signedOut }));
