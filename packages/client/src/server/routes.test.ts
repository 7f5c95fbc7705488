import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { newAccount } from "../testing/house.ts";
import { openRenderedApp, type PlainBrowser, plainBrowser, type RenderedApp } from "../testing/rendered-app.ts";
import type { SignedInSession } from "./server-session.ts";

let app: RenderedApp;
let ann: PlainBrowser;
beforeAll(async () => {
  app = await openRenderedApp();
});
beforeEach(async () => {
  ann = await app.person();
});
afterEach(() => app.site.door.forwardAll());
afterAll(() => app.close());

const nobody = { status: "signed-out" };
const read = (browser: PlainBrowser) => app.sessions.read(browser.get());
const ends = () => app.site.door.to("/auth/session/end").length;
async function stateOf(browser: PlainBrowser): Promise<SignedInSession> {
  const session = await read(browser);
  if (session.status !== "signed-in") throw new Error(session.status);
  return session;
}

describe("signing in through the app's server", () => {
  test("by password: the browser gets a cookie, and no token", async () => {
    const account = newAccount();
    await app.sessions.handle(plainBrowser().post("sign-up", account));
    const browser = plainBrowser();
    const { email, password } = account;
    const response = await browser.take(await app.sessions.handle(browser.post("sign-in", { email, password })));
    const session = await stateOf(browser);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      account: session.account,
      session: session.session,
      endsAt: session.endsAt,
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("with a handoff that this app came by in another way", async () => {
    const account = newAccount();
    await app.sessions.handle(plainBrowser().post("sign-up", account));
    const { api } = await stateOf(ann);
    const { email, password } = account;
    const { handoff } = await api.signIn.password.mutate({ client: "rendered", email, password });
    const browser = plainBrowser();
    await browser.take(await app.sessions.handle(browser.post("start", { handoff })));
    expect(await read(browser)).toMatchObject({ status: "signed-in" });
    const again = await app.sessions.handle(plainBrowser().post("start", { handoff }));
    expect(await again.json()).toEqual({ error: "invalid_grant" });
  });

  test("a wrong password says the issuer's reason, and leaves who was signed in", async () => {
    const { email } = newAccount();
    const response = await app.sessions.handle(ann.post("sign-in", { email, password: "not this one, surely" }));
    expect([response.status, await response.json()]).toEqual([400, { error: "wrong_credentials" }]);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(await read(ann)).toMatchObject({ status: "signed-in" });
  });

  test("corpus 68: ends the session that was there before", async () => {
    const before = await stateOf(ann);
    await ann.take(await app.sessions.handle(ann.post("sign-up", newAccount())));
    const now = await stateOf(ann);
    expect(now.session).not.toBe(before.session);
    expect(await before.api.account.me.query().catch(reasonOf)).toBe("session_ended");
    expect((await now.api.account.me.query()).id).toBe(now.account);
  });

  test("says 502 where the issuer is not there, and for how long to wait where it says so", async () => {
    app.site.door.decide(() => "cut");
    const cut = await app.sessions.handle(ann.post("sign-in", newAccount()));
    expect([cut.status, await cut.json()]).toEqual([502, { error: "network" }]);
    app.site.door.decide(() => ({ status: 500, body: "<html>" }));
    const page = await app.sessions.handle(ann.post("sign-in", newAccount()));
    expect([page.status, await page.json()]).toEqual([502, { error: "unknown" }]);
    app.site.door.forwardAll();
    const handoff = `${"A".repeat(43)}.1`;
    app.site.door.decide(() => ({ status: 429, headers: { "retry-after": "7" }, body: '{"error":"rate_limited"}' }));
    const busy = await app.sessions.handle(ann.post("start", { handoff }));
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "7"]);
  });

  test("tells the issuer whose browser it is", async () => {
    const addresses = new Set<string | null>();
    const sessions = app.another({
      address: ({ headers }) => headers.get("x-real-ip") ?? undefined,
      fetch: async (input, init) => {
        addresses.add(new Headers(init?.headers).get("x-forwarded-for"));
        return await fetch(input, init);
      },
    });
    const browser = plainBrowser();
    const said = { "user-agent": "Netscape 4", "x-real-ip": "203.0.113.7" };
    await browser.take(await sessions.handle(browser.post("sign-up", newAccount(), said)));
    const [listed] = await (await stateOf(browser)).api.account.sessions.query();
    expect(listed).toMatchObject({ userAgent: "Netscape 4" });
    expect([...addresses]).toEqual(["203.0.113.7"]);
  });
});

describe("signing out", () => {
  test("ASVS 14.3.1: takes the cookie away and ends the session at the issuer", async () => {
    const { api } = await stateOf(ann);
    const kept = ann.cookie;
    const response = await ann.take(await app.sessions.handle(ann.post("sign-out", {})));
    expect([response.status, ann.cookie]).toEqual([204, undefined]);
    expect(response.headers.get("clear-site-data")).toBe('"cache"');
    expect(await api.account.me.query().catch(reasonOf)).toBe("session_ended");
    // Who had copied the cookie has nothing of it either.
    ann.cookie = kept;
    await app.pass(6 * 60_000);
    const step = await app.sessions.proxy(ann.get());
    expect(await app.sessions.read({ headers: step.requestHeaders })).toEqual(nobody);
  });

  test("client case 19: without the issuer is at once, and the issuer is told by a later request", async () => {
    app.site.door.decide(() => "cut");
    await ann.take(await app.sessions.handle(ann.post("sign-out", {})));
    expect(await read(ann)).toEqual(nobody);
    app.site.door.forget();
    await app.sessions.proxy(ann.get());
    expect(ends()).toBe(0);
    await ann.take(await app.sessions.handle(ann.post("sign-out", {})));
    expect([ends(), ann.cookie]).toEqual([1, expect.any(String)]);
    app.site.door.forget();
    app.site.door.forwardAll();
    await app.pass(5_000);
    await ann.take({ headers: (await app.sessions.proxy(ann.get())).responseHeaders });
    expect([ends(), ann.cookie]).toEqual([1, undefined]);
  });
});

describe("corpus 62: a forged request", () => {
  const forgeries: [string, Record<string, string | undefined>][] = [
    ["of another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["of a sibling sub-domain", { origin: "https://blog.app.example", "sec-fetch-site": "same-site" }],
    ["of a sandboxed frame", { origin: "null" }],
    ["without an origin", { origin: undefined }],
    ["by a form", { "sec-fetch-mode": "navigate" }],
    ["without our header", { "x-countersign": undefined }],
  ];
  test.each(forgeries)("%s signs nobody in or out; corpus 63: and clears no cookie", async (_, headers) => {
    for (const action of ["sign-in", "sign-up", "start", "sign-out", "refresh", "step-up"]) {
      app.site.door.forget();
      const response = await app.sessions.handle(ann.post(action, newAccount(), headers));
      expect([response.status, await response.json()]).toEqual([403, { error: "origin_refused" }]);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(app.site.door.seen).toEqual([]);
    }
    expect(await read(ann)).toMatchObject({ status: "signed-in" });
  });

  test("ASVS 3.5.1: to any other route of the app is nobody's, unless it only reads", async () => {
    const headers = { cookie: ann.get().headers.get("cookie") ?? "", origin: "https://evil.example" };
    const forged = (method: string) => new Request("http://10.0.0.7:3000/buy", { method, headers });
    expect(await app.sessions.read(forged("POST"))).toEqual(nobody);
    expect(await app.sessions.read(forged("GET"))).toMatchObject({ status: "signed-in" });
    await app.pass(6 * 60_000);
    expect([...(await app.sessions.proxy(forged("POST"))).responseHeaders]).toEqual([]);
    expect(app.refreshes()).toBe(0);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", undefined])(
    "corpus 61: a body of %s is not taken",
    async (type) => {
      const response = await app.sessions.handle(ann.post("sign-out", {}, { "content-type": type }));
      expect([response.status, await response.json()]).toEqual([400, { error: "bad_request" }]);
      expect(await read(ann)).toMatchObject({ status: "signed-in" });
    },
  );

  test("ASVS 3.5.3: another method changes nothing", async () => {
    const request = new Request("http://10.0.0.7:3000/session/sign-out", { headers: ann.get().headers });
    expect((await app.sessions.handle(request)).status).toBe(405);
    expect(await read(ann)).toMatchObject({ status: "signed-in" });
  });
});

test.each([{}, { email: 1, password: [] }, { email: "a".repeat(17_000), password: "x" }])(
  "a body that cannot be right never reaches the issuer",
  async (body) => {
    app.site.door.forget();
    const response = await app.sessions.handle(ann.post("sign-in", body));
    expect([response.status, await response.json()]).toEqual([400, { error: "bad_request" }]);
    expect(app.site.door.seen).toEqual([]);
  },
);

test.each(["", "constructor", "sign-in/x"])("there is nothing at /session/%s", async (action) => {
  expect((await app.sessions.handle(ann.post(action, {}))).status).toBe(404);
});
