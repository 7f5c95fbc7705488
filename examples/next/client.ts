import { createClient, reasonOf } from "@countersign/client";
import type { AppRouter } from "./router.ts";

const origin = process.env["APP_URL"] ?? "https://localhost:8443";
const person = { email: "ann@example.com", password: "seven plums in winter" };
/** What the page says: notes, or why there are none. */
const page = async (headers: Record<string, string>) =>
  /<(ul|p)>(.*?)<\/\1>/.exec(await (await fetch(origin, { headers })).text())?.[2];

// A program calls the API, and asks for the page with its token.
const client = createClient({ url: `${origin}/auth` });
await client.signUp({ ...person, name: "Ann" });
const audience = `${origin}/auth`;
const api = client.connect<AppRouter>({ url: `${origin}/trpc`, audience });
await api.add.mutate({ text: "seven plums" });
const list = await api.list.query();
const authorization = `Bearer ${await client.session.accessToken(audience)}`;
const withToken = await page({ authorization });
await client.session.end();
const refused = await api.list.query().then(() => "let in", reasonOf);
const withTokenAfterwards = await page({ authorization });

// A browser signs in on the page, and out.
const act = (action: string, body: object, cookie = "") =>
  fetch(`${origin}/session/${action}`, {
    method: "POST",
    headers: { origin, cookie, "content-type": "application/json", "x-countersign": "1" },
    body: JSON.stringify(body),
  });
const [cookie = ""] = (await act("sign-in", person)).headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
const withCookie = await page({ cookie });
await act("sign-out", {}, cookie);
const withCookieAfterwards = await page({ cookie });

process.stdout.write(
  `${JSON.stringify({ list, token: [withToken, withTokenAfterwards], cookie: [withCookie, withCookieAfterwards], refused })}\n`,
);
client.dispose();
