const origin = process.env["APP_URL"] ?? "https://localhost:8443";
const cookies = new Map<string, string>();

/** A browser, as far as these pages need one. */
async function visit(path: string, body?: object): Promise<Response> {
  const headers = {
    cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
    origin,
    ...(!(body instanceof FormData) && { "content-type": "application/json", "x-countersign": "1" }),
  };
  const sent = body && { method: "POST", body: body instanceof FormData ? body : JSON.stringify(body) };
  const response = await fetch(origin + path, { headers, redirect: "manual", ...sent });
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value) cookies.set(name, value);
    else cookies.delete(name);
  }
  return response;
}
const heading = async () => /<h1>(.*?)<\/h1>(?:<ul>(.*)<\/ul>)?/.exec(await (await visit("/")).text())?.slice(1);

await visit("/session/sign-up", { email: "ann@example.com", name: "Ann", password: "seven plums in winter" });
const note = new FormData();
note.set("text", "<seven> plums");
await visit("/", note);
const [title, list] = (await heading()) ?? [];
const kept = [...cookies.keys()];
await visit("/session/sign-out", {});
const [afterwards] = (await heading()) ?? [];

process.stdout.write(`${JSON.stringify({ title, list, kept, left: [...cookies.keys()], afterwards })}\n`);
