// Somebody's app whose pages are rendered in a worker, and what its browser does.
import { createServerSessions } from "@countersign/client/server";

const ORIGIN = "https://pages.example";

interface Account {
  readonly issuer: string;
  readonly email: string;
  readonly password: string;
}

/** What a browser sees before signing in, signed in, with a fresh sign-in, and after signing out. */
export async function visitPages({ issuer, email, password }: Account) {
  const secrets = [crypto.getRandomValues(new Uint8Array(32))];
  const sessions = createServerSessions({ url: issuer, client: "cli", origin: ORIGIN, secrets });
  const cookies = new Map<string, string>();

  async function page(request: Request): Promise<Response> {
    const session = await sessions.read(request);
    if (session.status !== "signed-in") return new Response(session.status);
    const [me, access] = await Promise.all([session.api.account.me.query(), session.accessTo()]);
    return new Response(`${me.email} ${access.can("account.me")}`);
  }
  async function visit(path: string, body?: object): Promise<string> {
    const headers = {
      origin: ORIGIN,
      cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
      "content-type": "application/json",
      "x-countersign": "1",
    };
    const sent = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const response = await sessions.serve(new Request(ORIGIN + path, { headers, ...sent }), page);
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    return body ? `${response.status}` : await response.text();
  }

  const seen = [await visit("/"), await visit("/session/sign-in", { email, password }), await visit("/")];
  seen.push(await visit("/session/step-up", { password }), await visit("/"));
  seen.push(await visit("/session/sign-out", {}), await visit("/"));
  return seen;
}
