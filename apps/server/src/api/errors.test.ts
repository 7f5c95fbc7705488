import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestApi, PASSWORD, type TestApi } from "./testing/test-api.ts";

let api: TestApi;
let admin: Awaited<ReturnType<TestApi["administrator"]>>;
beforeAll(async () => {
  const generous = { most: 10_000, windowMs: 60_000 };
  api = await openTestApi({ limits: { address: generous } });
  admin = await api.administrator();
});
afterAll(() => api.close());

const ann = { client: "cli", email: "ann@example.com", password: PASSWORD };

describe("a refusal by the issuer's rules", () => {
  test("carries its reason and not the claim that nothing ran, which is the guard's alone", async () => {
    const { status, json } = await api.mutate("users.disable", { id: admin.id }, admin.token);
    expect(status).toBe(409);
    expect(json.error).toEqual({
      message: "last_administrator",
      code: -32009,
      data: { code: "CONFLICT", httpStatus: 409, reason: "last_administrator" },
    });
  });

  test("says how long to wait", async () => {
    const strict = await openTestApi({ limits: { accountFromAddress: { most: 1, windowMs: 1e13 } } });
    await strict.mutate("signIn.password", ann);
    const { status, json, headers } = await strict.mutate("signIn.password", ann);
    expect(status).toBe(429);
    expect(json.error?.data).toMatchObject({ reason: "rate_limited", retryAfter: expect.any(Number) });
    expect(headers["retry-after"]).toBe(String(json.error?.data.retryAfter));
    await strict.close();
  });
});

describe("a refusal by the guard", () => {
  test.each([
    { what: "without a token", token: undefined, status: 401, reason: "no_token" },
    { what: "with a token that is none", token: "nonsense", status: 401, reason: "token_invalid" },
  ])("$what says that nothing ran", async ({ token, status, reason }) => {
    const answer = await api.query("account.me", undefined, token);
    expect(answer.status).toBe(status);
    expect(answer.json.error?.data).toMatchObject({ reason, ran: false });
  });

  test("comes before the input is looked at", async () => {
    const member = await api.person("member");
    const { json } = await api.mutate("users.disable", { nonsense: true }, member.token);
    expect(json.error?.data).toMatchObject({ reason: "not_permitted", ran: false });
  });
});

const MARK = "ZXsecretZX";
const inputs: Readonly<Record<string, readonly [path: string, input: unknown]>> = {
  "an unknown field": ["users.get", { id: "A".repeat(22), [MARK]: MARK }],
  "a wrong type": ["users.get", { id: [MARK] }],
  "a number for a text": ["signIn.password", { ...ann, password: 5 }],
  "no input": ["signIn.password", undefined],
  "a text for an object": ["signIn.password", MARK],
  "an id that is none": ["users.get", { id: `${MARK}'; drop table accounts; --` }],
  "a name with a control character": ["signIn.signUp", { ...ann, name: `${MARK}\u001b[31m` }],
  "a name with a line break": ["signIn.signUp", { ...ann, name: `${MARK}\r\nx` }],
  "a name with an override of direction": ["signIn.signUp", { ...ann, name: `${MARK}\u202e` }],
  "a name of nothing": ["signIn.signUp", { ...ann, name: "   " }],
  "an address that is none": ["signIn.signUp", { ...ann, email: MARK, name: "Ann" }],
  "a page of too many": ["users.list", { limit: 101 }],
  "a page of none": ["users.list", { limit: 0 }],
  "a page of a half": ["users.list", { limit: 0.5 }],
  "a page of infinity": ["users.list", { limit: "1e999" }],
  "too many permissions": ["roles.create", { name: "r", description: "", permissions: Array(501).fill("a:b") }],
  "a role's name with blanks": ["roles.create", { name: `${MARK} x`, description: "", permissions: [] }],
  "NUL in a text": ["roles.create", { name: "role", description: `${MARK}\0`, permissions: [] }],
  ...Object.fromEntries(
    ["\u001b[31m", "\n", "\u202e", "\u2028", "\u2029", "\u200b", "\u061c"].flatMap((sign) => {
      const code = `U+${sign.charCodeAt(0).toString(16)}`;
      const text = `${MARK}${sign}x`;
      return [
        [`a name with ${code}`, ["signIn.signUp", { ...ann, name: text }]],
        [`a description with ${code}`, ["roles.create", { name: "role", description: text, permissions: [] }]],
      ] as const;
    }),
  ),
  "half a surrogate pair": ["roles.create", { name: "role", description: `${MARK}\ud800`, permissions: [] }],
};

describe("input", () => {
  test.each(Object.keys(inputs))("ASVS 2.2.1: %s is a bad request, and nothing of it comes back", async (what) => {
    const [path, input] = inputs[what] ?? ["", undefined];
    const query = /\.(get|list)$/.test(path);
    const { status, json, text } = await api[query ? "query" : "mutate"](path, input, admin.token);
    expect(json.error).toEqual({
      message: "bad_request",
      code: -32600,
      data: { code: "BAD_REQUEST", httpStatus: 400, reason: "bad_request" },
    });
    expect(status).toBe(400);
    expect(text).not.toContain(MARK);
  });

  test.each(["__proto__", "constructor", "prototype"])(
    "corpus 60: a member named %s is refused and merges nothing",
    async (name) => {
      const body = `{"client":"cli","email":"ann@example.com","password":"x","${name}":{"polluted":true}}`;
      const { json } = await api.send("POST", "/trpc/signIn.password", body);
      expect(json.error?.data.reason).toBe("bad_request");
      expect({}).not.toHaveProperty("polluted");
    },
  );

  test.each([1025, 99_000])(
    "corpus 69: a password of %i characters is refused before anything is hashed",
    async (length) => {
      const before = performance.now();
      const { json } = await api.mutate("signIn.password", { ...ann, password: "p".repeat(length) });
      expect(json.error?.data.reason).toBe("bad_request");
      expect(performance.now() - before).toBeLessThan(1000);
    },
  );

  test("corpus 69: a password of a megabyte is too large", async () => {
    const { status, json } = await api.mutate("signIn.password", { ...ann, password: "p".repeat(1_000_000) });
    expect([status, json.error?.data.reason]).toEqual([413, "too_large"]);
  });

  test.each(["nothing.here", "account.__proto__", "constructor", "account", `${MARK}<script>`])(
    "%s is not found, and its name does not come back",
    async (path) => {
      const { status, json, text } = await api.query(encodeURIComponent(path));
      expect([status, json.error?.data.reason]).toEqual([404, "not_found"]);
      expect(text).not.toContain(MARK);
      expect(json.error?.data).not.toHaveProperty("path");
    },
  );

  test("ASVS 16.5.1: malformed JSON is a bad request without a parser's words", async () => {
    const { status, json, text } = await api.send("POST", "/trpc/signIn.password", `{"client":"${MARK}`);
    expect([status, json.error?.data.reason]).toEqual([400, "bad_request"]);
    expect(text).not.toContain(MARK);
    expect(text).not.toMatch(/JSON at|stack|position/);
  });
});

describe("procedures that take a credential", () => {
  const credentials = ["signIn.password", "signIn.signUp", "signIn.setUp", "signIn.method"];

  test.each(credentials)("corpus 53: %s is refused in a batch of several", async (path) => {
    const body = JSON.stringify({ 0: ann, 1: ann });
    const { replies } = await api.send("POST", `/trpc/${path},${path}?batch=1`, body);
    expect(replies).toHaveLength(2);
    for (const { error } of replies) expect(error?.data.reason).toBe("batch_refused");
  });

  test("corpus 53: a sign-in hidden among other calls is refused, and they are answered", async () => {
    const url = "/trpc/account.endOtherSessions,signIn.password?batch=1";
    const headers = { authorization: `Bearer ${admin.token}` };
    const { replies } = await api.send("POST", url, JSON.stringify({ 1: ann }), headers);
    expect(replies[0]?.result?.data).toEqual({ ended: 0 });
    expect(replies[1]?.error?.data.reason).toBe("batch_refused");
  });

  test("corpus 53: changing the password is refused in a batch as well", async () => {
    const change = { current: PASSWORD, next: "quite another passphrase" };
    const url = "/trpc/account.changePassword,account.endOtherSessions?batch=1";
    const headers = { authorization: `Bearer ${admin.token}` };
    const { replies } = await api.send("POST", url, JSON.stringify({ 0: change }), headers);
    expect(replies[0]?.error?.data.reason).toBe("batch_refused");
    expect(replies[1]?.result?.data).toEqual({ ended: 0 });
  });

  test("a batch of one is no batch", async () => {
    const { replies } = await api.send("POST", "/trpc/signIn.password?batch=1", JSON.stringify({ 0: ann }));
    expect(replies[0]?.error?.data.reason).toBe("wrong_credentials");
  });
});
