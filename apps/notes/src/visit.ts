import { createClient, reasonOf } from "@countersign/client";
import superjson from "superjson";
import { config } from "./config.ts";
import type { NotesRouter } from "./router.ts";

// What an app does with this API: signs in, asks what it may show, calls, and is nobody after signing out.
const [email = "", password = ""] = process.argv.slice(2);
const client = createClient({ url: config.issuer, audiences: [config.audience] });
const notes = client.connect<NotesRouter>({
  url: `${config.audience}/trpc`,
  audience: config.audience,
  transformer: superjson,
});
const access = client.accessTo<NotesRouter>(config.audience);

await client.signIn({ email, password });
await access.ready();
const may = { create: access.can("notes.create"), moderate: access.can("moderation.list") };
const { title } = await notes.notes.create.mutate({ title: "Plums", text: "seven, in winter" });
const token = await client.session.accessToken(config.audience);
await client.session.end();

// The token has minutes to live, and is refused.
const answer = async () =>
  await fetch(`${config.audience}/trpc/notes.list`, { headers: { authorization: `Bearer ${token}` } });
let last = await answer();
while (last.ok) last = await answer();
const body = (await last.json()) as { error: { json: { data: { reason: string } } } };
const afterwards = await notes.notes.list.query().then(() => "let in", reasonOf);

process.stdout.write(`${JSON.stringify({ may, title, itsToken: body.error.json.data.reason, afterwards })}\n`);
client.dispose();
