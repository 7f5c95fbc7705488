import { type FastifyInstance, fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Issuer } from "../issuer.ts";
import { APP, openEmbedded, person } from "./testing/embedded.ts";
import { fetchSide, type Side, type SideCall, type SideReply, socketSide } from "./testing/sides.ts";

// What the plugin answers in somebody's Fastify, over a socket, `issuer.fetch` answers too: status, headers and body.

const generous = { most: 10_000, windowMs: 60_000 };
let issuer: Issuer;
let app: FastifyInstance;
let sides: Readonly<Record<"socket" | "fetch", Side>>;
let token: string;
beforeAll(async () => {
  issuer = await openEmbedded({ limits: { address: generous, account: generous, accountFromAddress: generous } });
  app = fastify();
  await app.register(issuer.plugin);
  await app.listen({ host: "127.0.0.1", port: 0 });
  sides = { socket: socketSide(app), fetch: fetchSide(issuer.fetch) };
  const signedUp = await sides.socket(post("/auth/trpc/signIn.signUp", { client: "cli", ...person }));
  const { handoff } = JSON.parse(signedUp.body).result.data;
  const started = await sides.socket(post("/auth/session/start", { client: "cli", handoff }));
  token = JSON.parse(started.body).tokens[0].access_token;
});
afterAll(async () => {
  await app.close();
  await issuer.close();
});

type Headers = NonNullable<SideCall["headers"]>;
const JSON_TYPE = ["content-type", "application/json"] as const;
const OURS = ["x-countersign", "1"] as const;
const TOKEN = ["authorization", "Bearer {token}"] as const;

function post(path: string, body: unknown, headers: Headers = []): SideCall {
  return { path, method: "POST", headers: [JSON_TYPE, OURS, ...headers], body: JSON.stringify(body) };
}
const raw = (path: string, body: string, headers: Headers, more: Partial<SideCall> = {}): SideCall => ({
  path,
  method: "POST",
  headers,
  body,
  ...more,
});
const get = (path: string, headers: Headers = [], method = "GET"): SideCall => ({ path, method, headers });
const preflight = (path: string, origin: string) =>
  get(
    path,
    [
      ["origin", origin],
      ["access-control-request-method", "POST"],
    ],
    "OPTIONS",
  );

const me = "/auth/trpc/account.me";
const signIn = "/auth/trpc/signIn.password";
const credentials = { client: "cli", email: person.email, password: "wrong" };
const input = encodeURIComponent(JSON.stringify({ 0: { limit: 1 } }));

/** The call, and the status that both give it. */
const calls: Readonly<Record<string, readonly [SideCall, status: number]>> = {
  "RFC 8414 3: metadata before the path": [get("/.well-known/oauth-authorization-server/auth"), 200],
  "RFC 8414 5: metadata after the path": [get("/auth/.well-known/oauth-authorization-server"), 200],
  "the key set": [get("/auth/.well-known/jwks.json"), 200],
  "the key set by HEAD": [get("/auth/.well-known/jwks.json", [], "HEAD"), 200],
  "the key set by PUT": [get("/auth/.well-known/jwks.json", [], "PUT"), 405],
  "ASVS 13.4.4: the key set by TRACE": [get("/auth/.well-known/jwks.json", [], "TRACE"), 405],
  "the set-up page": [get("/auth/setup"), 200],
  "its life": [get("/auth/livez"), 200],
  "a call without a token": [get(me), 401],
  "a call with one": [get(me, [TOKEN]), 200],
  "a call with one, by HEAD": [get(me, [TOKEN], "HEAD"), 405],
  "corpus 83: two tokens": [get(me, [TOKEN, TOKEN]), 400],
  "corpus 83: a token and a scheme": [get(me, [TOKEN, ["authorization", "Basic YTpi"]]), 400],
  "a token that is none": [get(me, [["authorization", "Bearer nonsense"]]), 401],
  "an origin that is registered": [get(me, [TOKEN, ["origin", APP]]), 200],
  "an origin that is not": [get(me, [TOKEN, ["origin", "https://evil.example"]]), 200],
  "corpus 83: two origins": [get(me, [TOKEN, ["origin", APP], ["origin", APP]]), 400],
  "an unknown procedure": [get("/auth/trpc/nothing.here", [TOKEN]), 404],
  "no procedure": [get("/auth/trpc/", [TOKEN]), 404],
  "a path that does not decode": [get("/auth/trpc/%25zz", [TOKEN]), 400],
  "corpus 61: a mutation by GET": [get("/auth/trpc/account.endOtherSessions", [TOKEN]), 405],
  "a query by POST": [raw(me, "{}", [JSON_TYPE, TOKEN]), 405],
  "a call by DELETE": [get(me, [TOKEN], "DELETE"), 405],
  "wrong credentials": [post(signIn, credentials), 400],
  "input that does not fit": [post(signIn, { client: "cli" }), 400],
  "corpus 60: a prototype": [raw(signIn, '{"__proto__":{"x":1}}', [JSON_TYPE]), 400],
  "JSON that is none": [raw(signIn, "{", [JSON_TYPE]), 400],
  "an empty body": [raw(signIn, "", [JSON_TYPE]), 400],
  "corpus 61: a form": [raw(signIn, "a=b", [["content-type", "application/x-www-form-urlencoded"]]), 415],
  "corpus 61: plain text": [raw(signIn, "{}", [["content-type", "text/plain"]]), 415],
  "a body of no type": [raw(signIn, "{}", []), 415],
  "a body of no type and no length": [raw(signIn, "{}", [], { chunked: true }), 415],
  "corpus 83: a body of two types": [raw(signIn, "{}", [JSON_TYPE, ["content-type", "text/plain"]]), 400],
  "a body of no length": [raw(signIn, JSON.stringify(credentials), [JSON_TYPE], { chunked: true }), 400],
  "corpus 69: a body that is too large": [raw(signIn, `"${"x".repeat(200_000)}"`, [JSON_TYPE]), 413],
  "corpus 69: one whose size is not said": [
    raw(signIn, `"${"x".repeat(200_000)}"`, [JSON_TYPE], { chunked: true }),
    413,
  ],
  "a batch": [get("/auth/trpc/account.me,account.sessions?batch=1", [TOKEN]), 200],
  "a batch of good and bad": [get("/auth/trpc/account.me,users.list?batch=1", [TOKEN]), 207],
  "corpus 53: a batch of too many": [get(`/auth/trpc/${Array(21).fill("account.me").join()}?batch=1`, [TOKEN]), 400],
  "a streamed batch": [
    get("/auth/trpc/account.me,users.list?batch=1", [TOKEN, ["trpc-accept", "application/jsonl"]]),
    200,
  ],
  "a parameter twice": [get(`${me}?batch=1&batch=2`, [TOKEN]), 200],
  "an input twice": [get(`/auth/trpc/access.mine?input=1&input=${input}`, [TOKEN]), 200],
  "ASVS 14.2.1: a token in the URL": [get(`${me}?access_token={token}`), 401],
  "a preflight of a registered origin": [preflight(me, APP), 204],
  "a preflight of another": [preflight(me, "https://evil.example"), 405],
  "a session's preflight": [preflight("/auth/session/refresh", APP), 204],
  "a session by GET": [get("/auth/session/refresh"), 405],
  "a session without our header": [raw("/auth/session/refresh", "{}", [JSON_TYPE]), 400],
  "a session with our header twice": [post("/auth/session/refresh", { client: "cli" }, [OURS]), 400],
  "a session from another origin": [
    post("/auth/session/refresh", { client: "app" }, [["origin", "https://evil.example"]]),
    403,
  ],
  "corpus 62: a session from nowhere": [post("/auth/session/refresh", { client: "app" }), 403],
  "a session without its cookie": [post("/auth/session/refresh", { client: "app" }, [["origin", APP]]), 400],
  "corpus 64: a cookie twice": [
    post("/auth/session/refresh", { client: "app" }, [
      ["origin", APP],
      ["cookie", "__Host-cs-app=a"],
      ["cookie", "__Host-cs-app=b"],
    ]),
    400,
  ],
  "a session that is too large": [post("/auth/session/start", { client: "x".repeat(20_000) }), 413],
  "a session in plain text": [raw("/auth/session/refresh", "{}", [OURS, ["content-type", "text/plain"]]), 415],
  "a handoff that is none": [post("/auth/session/start", { client: "cli", handoff: "x" }), 400],
};

const withToken = (call: SideCall): SideCall => ({
  ...call,
  path: call.path.replace("{token}", token),
  headers: call.headers?.map(([name, value]) => [name, value.replace("{token}", token)]),
});

describe("issuer.fetch and the plugin in a Fastify answer alike:", () => {
  test.each(Object.keys(calls))("%s", async (what) => {
    const [call, status] = calls[what] ?? [get("/"), 0];
    const [expected, answered] = await Promise.all([sides.socket(withToken(call)), sides.fetch(withToken(call))]);
    expect(answered).toEqual(expected);
    expect(answered.status).toBe(status);
  });

  test("from sign-in to sign-out in cookie mode, cookies and all", async () => {
    const told = await Promise.all([throughASession(sides.socket), throughASession(sides.fetch)]);
    expect(told[1]).toEqual(told[0]);
    expect(told[0]?.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204, 400]);
    expect(told[0]?.[1]?.headers["set-cookie"]).toHaveLength(1);
  });
});

/** What a page sees, with secrets and times masked. */
async function throughASession(side: Side): Promise<SideReply[]> {
  const replies: SideReply[] = [];
  const ask = async (call: SideCall) => {
    const reply = await side(call);
    replies.push(reply);
    return reply;
  };
  const page = (cookie: string): Headers => [
    ["origin", APP],
    ["sec-fetch-site", "same-site"],
    ["cookie", cookie],
  ];
  const cookieOf = ({ headers }: SideReply) => String(headers["set-cookie"]).split(";")[0] ?? "";
  const { email, password } = person;
  const signedIn = await ask(post(signIn, { client: "app", email, password }, [["origin", APP]]));
  const { handoff } = JSON.parse(signedIn.body).result.data;
  const started = await ask(post("/auth/session/start", { client: "app", handoff }, page("theme=dark")));
  const refreshed = await ask(post("/auth/session/refresh", { client: "app" }, page(cookieOf(started))));
  const [{ access_token }] = JSON.parse(refreshed.body).tokens;
  await ask(
    get(me, [
      ["authorization", `Bearer ${access_token}`],
      ["origin", APP],
    ]),
  );
  const again = page(cookieOf(refreshed));
  await ask(post("/auth/session/end", { client: "app" }, again));
  await ask(post("/auth/session/refresh", { client: "app" }, again));
  return replies.map(masked);
}

const secrets = /csr_[\w.-]+|eyJ[\w.-]+|(?<="(?:account|session|handoff|id)":")[\w-]+/g;
const times = /\d+\.\d+|\d{7,}|(?<=expires_in":)\d+/g;

function masked({ status, headers, body }: SideReply): SideReply {
  const mask = (text: string) => text.replaceAll(secrets, "…").replaceAll(times, "…");
  const shown = Object.entries(headers).filter(([name]) => name !== "content-length");
  const values = shown.map(
    ([name, value]) => [name, typeof value === "string" ? mask(value) : value.map(mask)] as const,
  );
  return { status, headers: Object.fromEntries(values), body: mask(body) };
}
