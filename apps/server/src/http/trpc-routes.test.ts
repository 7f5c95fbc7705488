import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Call } from "./testing/call.ts";
import { administrator, type RunningApp, startApp } from "./testing/running-app.ts";

/** In every odd request, so that an echo of any part of it shows. */
const mark = "xyzzy";
const json = { "content-type": "application/json" };

let server: RunningApp;
let token: string;
beforeAll(async () => {
  server = await startApp();
  const started = await server.post("/session/start", { client: "cli", handoff: await server.handoff("cli") });
  token = JSON.parse(started.body).tokens[0].access_token;
});
afterAll(() => server.stop());

const bearer = () => ({ authorization: `Bearer ${token}` });

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly ran: boolean | undefined;
  readonly headers: Record<string, unknown>;
}

/** Makes a call that must be refused, and sees to what holds for each of them. */
async function refused(path: string, call: Call = {}): Promise<Answer> {
  const { status, headers, body } = await server.call(path, call);
  expect(body).not.toContain(mark);
  expect(body).not.toMatch(/stack|node_modules|\.ts:|\bat /);
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-type"]).toMatch(/^application\/json/);
  const parsed: unknown = JSON.parse(body);
  const [{ error }] = Array.isArray(parsed) ? parsed : [parsed];
  expect(error.message).toBe(error.data.reason);
  return { status, reason: error.data.reason, ran: error.data.ran, headers };
}

const post = (body: string, headers: Record<string, string> = json): Call => ({ method: "POST", headers, body });
const signIn = { client: "cli", email: administrator.email, password: mark };

describe("the API over HTTPS", () => {
  test("ASVS 14.2.2, 14.3.2: answers a call that carries a token, and nobody keeps the answer", async () => {
    const reply = await server.call("/trpc/account.me", { headers: bearer() });
    expect(reply).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(JSON.parse(reply.body).result.data.email).toBe(administrator.email);
  });

  test("corpus 82: demands one by a challenge that says nothing more", async () => {
    expect(await refused("/trpc/account.me")).toMatchObject({
      status: 401,
      reason: "no_token",
      ran: false,
      headers: { "www-authenticate": "Bearer" },
    });
  });

  test("corpus 83: refuses two Authorization headers", async () => {
    const answer = await server.raw(
      [
        "GET /trpc/account.me HTTP/1.1",
        "Host: localhost",
        `Authorization: Bearer ${token}`,
        `Authorization: Bearer ${mark}`,
        "Connection: close",
        "",
        "",
      ].join("\r\n"),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"reason":"malformed_credentials"');
  });

  test.each([`${mark}"\r\nset-cookie: a=b`, `<script>${mark}</script>`, `\u001b[2J${mark}`, `' or 1=1 --${mark}`])(
    "corpus 75, ASVS 16.4.1: repeats a token's kid %j neither in its challenge nor in the log",
    async (kid) => {
      const header = Buffer.from(JSON.stringify({ alg: "EdDSA", typ: "at+jwt", kid })).toString("base64url");
      const forged = [header, ...token.split(".").slice(1)].join(".");
      server.lines.length = 0;
      const { status, reason, headers } = await refused("/trpc/account.me", {
        headers: { authorization: `Bearer ${forged}` },
      });
      expect(status).toBe(401);
      expect(headers["www-authenticate"]).toBe(`Bearer error="invalid_token", error_description="${reason}"`);
      expect(headers["set-cookie"]).toBeUndefined();
      await expect.poll(() => server.lines.join("")).toContain(reason);
      expect(server.lines.join("")).not.toContain(mark);
    },
  );

  test("corpus 78: does not mix up requests that arrive together", async () => {
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        server.call("/trpc/account.me", { headers: at % 2 === 0 ? bearer() : { authorization: `Bearer ${mark}` } }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map((_, at) => (at % 2 === 0 ? 200 : 401)));
  });

  test.each([
    ["in the query", `/trpc/account.me?access_token=`],
    ["in connection parameters", `/trpc/account.me?connectionParams=`],
  ])("ASVS 14.2.1, corpus 56: takes no token %s", async (_name, path) => {
    const carried = path.endsWith("connectionParams=")
      ? encodeURIComponent(JSON.stringify({ authorization: `Bearer ${token}`, token }))
      : token;
    expect(await refused(path + carried)).toMatchObject({ status: 401, reason: "no_token" });
    expect(server.lines.join("")).not.toContain(token);
  });

  test.each([
    ["an unknown procedure", `/trpc/${mark}`, {}, 404, "not_found"],
    ["no procedure", "/trpc/", {}, 404, "not_found"],
    ["a prototype's name", "/trpc/__proto__", {}, 404, "not_found"],
    ["a prototype's method", "/trpc/account.constructor", {}, 404, "not_found"],
    ["an unknown procedure by POST", `/trpc/${mark}`, post("{}"), 404, "not_found"],
    ["a path encoded twice", `/trpc/%25zz${mark}`, {}, 400, "bad_request"],
    ["corpus 61: a mutation by GET", "/trpc/account.endOtherSessions", {}, 405, "method_not_allowed"],
    ["a query by POST", "/trpc/account.me", post("{}"), 405, "method_not_allowed"],
    [
      "corpus 61, ASVS 3.5.2: a form",
      "/trpc/signIn.password",
      post(mark, { "content-type": "application/x-www-form-urlencoded" }),
      415,
      "unsupported_media_type",
    ],
    [
      "corpus 61, ASVS 3.5.2: plain text",
      "/trpc/signIn.password",
      post("{}", { "content-type": "text/plain" }),
      415,
      "unsupported_media_type",
    ],
    [
      "a multipart form",
      "/trpc/signIn.password",
      post(mark, { "content-type": `multipart/form-data; boundary=${mark}` }),
      415,
      "unsupported_media_type",
    ],
    [
      "a stream of bytes",
      "/trpc/signIn.password",
      post(mark, { "content-type": "application/octet-stream" }),
      415,
      "unsupported_media_type",
    ],
    [
      "a content type of its own",
      "/trpc/signIn.password",
      post(mark, { "content-type": `application/${mark}` }),
      415,
      "unsupported_media_type",
    ],
    [
      "a content type that is none",
      "/trpc/signIn.password",
      post(mark, { "content-type": mark }),
      415,
      "unsupported_media_type",
    ],
    ["no content type", "/trpc/signIn.password", post(mark, {}), 415, "unsupported_media_type"],
    [
      "a GET that says it is a form",
      "/trpc/account.me",
      { headers: { "content-type": "multipart/form-data" } },
      405,
      "method_not_allowed",
    ],
    ["JSON that is none", "/trpc/signIn.password", post(`{"password":"${mark}`), 400, "bad_request"],
    ["JSON that is no object", "/trpc/signIn.password", post(`"${mark}"`), 400, "bad_request"],
    ["an array", "/trpc/signIn.password", post(`["${mark}"]`), 400, "bad_request"],
    ["nothing", "/trpc/signIn.password", post(""), 400, "bad_request"],
    [
      "a field that is not known",
      "/trpc/signIn.password",
      post(JSON.stringify({ ...signIn, [mark]: true })),
      400,
      "bad_request",
    ],
    [
      "corpus 60: a prototype",
      "/trpc/signIn.password",
      post(`{"__proto__":{"${mark}":1},"client":"cli"}`),
      400,
      "bad_request",
    ],
    [
      "a field of another type",
      "/trpc/signIn.password",
      post(JSON.stringify({ ...signIn, email: { [mark]: 1 } })),
      400,
      "bad_request",
    ],
    [
      "an array for a string",
      "/trpc/signIn.password",
      post(JSON.stringify({ ...signIn, password: [mark] })),
      400,
      "bad_request",
    ],
    ["a missing field", "/trpc/signIn.password", post(JSON.stringify({ client: mark })), 400, "bad_request"],
    ["deep nesting", "/trpc/signIn.password", post("[".repeat(50_000)), 400, "bad_request"],
    [
      "corpus 69: a password of a megabyte",
      "/trpc/signIn.password",
      post(JSON.stringify({ ...signIn, password: "x".repeat(1_000_000) })),
      413,
      "too_large",
    ],
    [
      "corpus 69: a password of 2000 characters",
      "/trpc/signIn.password",
      post(JSON.stringify({ ...signIn, password: "x".repeat(2000) })),
      400,
      "bad_request",
    ],
    ["connection parameters that are none", `/trpc/account.me?connectionParams=${mark}`, {}, 400, "bad_request"],
    ["connection parameters of numbers", `/trpc/account.me?connectionParams={"${mark}":1}`, {}, 400, "bad_request"],
    ["a stream of one", "/trpc/account.me", { headers: { "trpc-accept": "application/jsonl" } }, 400, "bad_request"],
    ["a batch that is no object", "/trpc/account.me,account.me?batch=1&input=7", { headers: {} }, 401, "no_token"],
    ["a batch that is too large", `/trpc/${Array(21).fill("account.me").join(",")}?batch=1`, {}, 400, "bad_request"],
    ["a mixed batch", "/trpc/account.me,signIn.password?batch=1", post("{}"), 400, "bad_request"],
    [
      "corpus 53: credentials in a batch",
      "/trpc/signIn.password,signIn.password?batch=1",
      post(JSON.stringify({ 0: signIn, 1: signIn })),
      400,
      "batch_refused",
    ],
  ] as [string, string, Call, number, string][])(
    "refuses %s with a reason and no echo",
    async (_name, path, call, status, reason) => {
      expect(await refused(path, call)).toMatchObject({ status, reason });
    },
  );

  test.each([
    ["input that is no JSON", `/trpc/users.get?input={"id":"${mark}`],
    ["an id that is none", `/trpc/users.get?input=${encodeURIComponent(JSON.stringify({ id: `' or 1=1 --${mark}` }))}`],
    ["a field that is not known", `/trpc/users.list?input=${encodeURIComponent(JSON.stringify({ [mark]: 1 }))}`],
    ["a limit that is none", `/trpc/users.list?input={"limit":1e999}`],
    ["input twice", `/trpc/users.get?input={"id":1}&input={"id":"${mark}"}`],
  ])("refuses %s from a caller who may call", async (_name, path) => {
    expect(await refused(path, { headers: bearer() })).toMatchObject({ status: 400, reason: "bad_request" });
  });

  test.each(["TRACE", "PUT", "DELETE", "PATCH"])("ASVS 13.4.4: refuses %s and says what is allowed", async (method) => {
    expect(await refused("/trpc/account.me", { method, headers: bearer() })).toMatchObject({
      status: 405,
      reason: "method_not_allowed",
      headers: { allow: "GET, POST" },
    });
  });

  test("refuses HEAD, which tRPC would answer for anything", async () => {
    const reply = await server.call("/trpc/account.me", { method: "HEAD", headers: bearer() });
    expect(reply).toMatchObject({ status: 405, headers: { allow: "GET, POST" } });
  });

  test.each(["a b", "localhost:99999", "[::1", "@", "a/b?c"])(
    "refuses the Host %j, and is led nowhere by another",
    async (host) => {
      const answer = await server.raw(`GET /trpc/account.me HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[01] /);
    },
  );

  test("corpus 55: judges each call of a batch by itself", async () => {
    const reply = await server.call("/trpc/keys.list,account.me?batch=1", {});
    const [open, guarded] = JSON.parse(reply.body);
    expect(reply.status).toBe(207);
    expect(open.result.data).toBeDefined();
    expect(guarded.error.data.reason).toBe("no_token");
  });

  test("corpus 54: sets no cookie and reads none", async () => {
    const origin = server.app.config.issuer;
    const started = await server.post(
      "/session/start",
      { client: "console", handoff: await server.handoff("console", origin) },
      { origin },
    );
    const cookie = String(started.headers["set-cookie"]).split(";")[0] ?? "";
    expect(cookie).toMatch(/^__Host-cs-console=csr_/);
    const withCookie = await server.call("/trpc/account.me", { headers: { cookie } });
    expect(JSON.parse(withCookie.body).error.data.reason).toBe("no_token");
    const withBoth = await server.call("/trpc/account.me", { headers: { cookie, ...bearer() } });
    expect(withBoth.status).toBe(200);
    for (const reply of [withCookie, withBoth]) expect(reply.headers["set-cookie"]).toBeUndefined();
  });

  test("ASVS 3.4.2: lets the pages of registered origins read it, without cookies, and nobody else's", async () => {
    const preflight = (origin: string) =>
      server.call("/trpc/account.me", {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
      });
    const { issuer } = server.app.config;
    const allowed = await preflight(issuer);
    expect(allowed).toMatchObject({
      status: 204,
      headers: { "access-control-allow-origin": issuer, "access-control-allow-methods": "GET, POST" },
    });
    expect(allowed.headers["access-control-allow-credentials"]).toBeUndefined();
    for (const origin of ["https://evil.example", "null", `${issuer}.evil.example`]) {
      const { status, headers } = await preflight(origin);
      expect(status).toBe(405);
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
    const read = await server.call("/trpc/account.me", { headers: { origin: issuer } });
    expect(read.headers["access-control-expose-headers"]).toBe("DPoP-Nonce, WWW-Authenticate, Retry-After");
    expect(read.headers.vary).toContain("Origin");
  });

  test("ASVS 16.2.1, 16.3.2: writes down whose call it was, and who was refused what for which permission", async () => {
    const member = { client: "cli", email: "member@example.com", name: "Mel", password: "a quiet ferry at dawn" };
    const admin = { headers: { ...json, ...bearer() } };
    const invited = await server.call("/trpc/invitations.create", {
      ...post(JSON.stringify({ email: member.email })),
      ...admin,
    });
    const invitation = JSON.parse(invited.body).result.data.secret;
    const { handoff } = JSON.parse((await server.post("/trpc/signIn.signUp", { ...member, invitation })).body).result
      .data;
    const { account, tokens } = JSON.parse((await server.post("/session/start", { client: "cli", handoff })).body);
    server.lines.length = 0;
    const headers = { authorization: `Bearer ${tokens[0].access_token}` };
    await server.call("/trpc/account.me", { headers });
    await server.call("/trpc/users.list", { headers });
    await server.call("/trpc/users.list", { headers: { authorization: "Bearer nonsense" } });
    const requests = () => server.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    await expect.poll(requests).toHaveLength(3);
    expect(requests()).toMatchObject([
      { calls: ["account.me"], account, status: 200 },
      { calls: ["users.list"], status: 403, reason: "not_permitted", detail: `account ${account} lacks users:read` },
      { calls: ["users.list"], status: 401, reason: "token_invalid", detail: "not three segments" },
    ]);
  });

  test("writes the procedures that were called, and not what else stood in the path", async () => {
    server.lines.length = 0;
    await server.call(`/trpc/keys.list,${mark}?batch=1`);
    await expect.poll(() => server.lines.join("")).toContain('"msg":"request"');
    const line = JSON.parse(server.lines.find((text) => text.includes('"msg":"request"')) ?? "");
    expect(line).toMatchObject({ route: "/trpc/*", calls: ["keys.list"], reason: "not_found", status: 207 });
    expect(server.lines.join("")).not.toContain(mark);
  });
});
