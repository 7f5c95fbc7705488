import { createClient, reasonOf } from "@countersign/client";
import superjson from "superjson";
import type { AppRouter } from "./router.ts";

const origin = process.env["APP_URL"] ?? "https://localhost:8443";
const client = createClient({ url: `${origin}/auth` });
await client.signUp({ email: "ann@example.com", name: "Ann", password: "seven plums in winter" });

const api = client.connect<AppRouter>({ url: `${origin}/trpc`, audience: `${origin}/auth`, transformer: superjson });
await api.add.mutate({ text: "seven plums", at: new Date(0) });
const list = (await api.list.query()).map(({ text, at }) => `${text}, ${at.getUTCFullYear()}`);
await client.session.end();
const afterwards = await api.list.query().then(() => "let in", reasonOf);

process.stdout.write(`${JSON.stringify({ list, afterwards })}\n`);
client.dispose();
