import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { PASSWORD } from "../testing/house.ts";
import { FRESH_S, type NotesRouter } from "../testing/notes.ts";
import { openRenderedApp, type PlainBrowser, plainBrowser, type RenderedApp } from "../testing/rendered-app.ts";
import { needOf } from "./need.ts";
import type { SignedInSession } from "./server-session.ts";

const HOUR_MS = 3_600_000;

let app: RenderedApp;
let ann: PlainBrowser;
beforeAll(async () => {
  app = await openRenderedApp();
});
beforeEach(async () => {
  ann = await app.person();
});
afterEach(() => {
  app.site.door.forwardAll();
  app.site.notes.added.length = 0;
});
afterAll(() => app.close());

const post = async (action: string, body: object = {}) =>
  await ann.take(await app.sessions.handle(ann.post(action, body)));
async function render(): Promise<SignedInSession> {
  await ann.take({ headers: (await app.sessions.proxy(ann.get())).responseHeaders });
  const session = await app.sessions.read(ann.get());
  if (session.status !== "signed-in") throw new Error(session.status);
  return session;
}
const notesOf = (session: SignedInSession) =>
  session.connect<NotesRouter>({ url: app.notesUrl, audience: app.notesUrl, transformer: superjson });
/** Makes a call while a page is rendered. */
const shred = async () => await notesOf(await render()).shred.mutate({ title: "bills" });
const failed = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail("it succeeded"),
    (error: unknown) => error,
  );
const answer = async (response: Response) => [response.status, response.status === 204 ? "" : await response.json()];

describe("a call that asks for a fresh sign-in, while a page is rendered", () => {
  beforeEach(() => app.pass(HOUR_MS));

  test("client case 25: is told as plain data that a page can be given, and renews nothing", async () => {
    const session = await render();
    const renewals = app.refreshes();
    const error = await failed(notesOf(session).shred.mutate({ title: "bills" }));
    const need = needOf(error);
    expect(need).toEqual({ action: "step-up", reason: "step_up_required", maxAge: FRESH_S });
    expect(JSON.parse(JSON.stringify(need))).toEqual(need);
    expect(app.refreshes()).toBe(renewals);
    expect(app.site.notes.added).toEqual([]);
  });

  test("ASVS 7.5.3: goes through once the page has sent the password, in the same session", async () => {
    const before = await render();
    expect(reasonOf(await failed(shred()))).toBe("step_up_required");
    expect(await answer(await post("step-up", { password: PASSWORD }))).toEqual([204, ""]);
    expect(await shred()).toBe("shredded");
    expect((await render()).session).toBe(before.session);
    // Tokens of before are refused from then on; the cookie has others.
    expect(reasonOf(await failed(before.api.account.me.query()))).toBe("token_stale");
  });

  test("does not after a wrong password, which changes nothing about who is signed in", async () => {
    const response = await post("step-up", { password: "a guess of somebody's" });
    expect(await answer(response)).toEqual([400, { error: "wrong_credentials" }]);
    expect(reasonOf(await failed(shred()))).toBe("step_up_required");
  });

  test("goes through although the renewal that follows the password was lost", async () => {
    app.site.door.decide(({ path }) => {
      const isDone = app.site.door.to("/auth/trpc/account.stepUp").length > 0;
      return isDone && path === "/auth/session/refresh" ? "cut" : undefined;
    });
    expect(await answer(await post("step-up", { password: PASSWORD }))).toEqual([502, { error: "network" }]);
    app.site.door.forwardAll();
    await app.pass(60_000);
    // The next proxy step knows that the tokens are no good.
    expect(await shred()).toBe("shredded");
  });
});

describe("a call with tokens that the issuer has taken back", () => {
  const stale = async () => {
    const session = await render();
    await session.api.account.stepUp.mutate({ password: PASSWORD });
    return await failed(notesOf(session).who.query());
  };

  test("is told to need new ones, which a page can ask for at once", async () => {
    expect(needOf(await stale())).toEqual({ action: "refresh", reason: "token_stale" });
    // None are due by the clock.
    expect(reasonOf(await failed(notesOf(await render()).who.query()))).toBe("token_stale");
    expect(await answer(await post("refresh"))).toEqual([204, ""]);
    expect((await notesOf(await render()).who.query()).account).toBe((await render()).account);
  });

  test("client case 9: asks again as often as it may, and the issuer is not asked in a storm", async () => {
    await stale();
    app.site.door.decide(() => ({ status: 503, headers: { "retry-after": "30" }, body: '{"error":"busy"}' }));
    const first = await post("refresh");
    expect([await answer(first), first.headers.get("retry-after")]).toEqual([[503, { error: "busy" }], "30"]);
    const asked = app.refreshes();
    const second = await post("refresh");
    expect(await answer(second)).toEqual([503, { error: "unavailable" }]);
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThanOrEqual(29);
    expect(app.refreshes()).toBe(asked);
    app.site.door.forwardAll();
    await app.pass(60_000);
    expect((await notesOf(await render()).who.query()).account).toBeTruthy();
  });

  test("is told that the session is over where it is", async () => {
    const session = await render();
    await app.sessions.handle(ann.post("sign-out", {}));
    const error = await failed(notesOf(session).who.query());
    expect(needOf(error)).toEqual({ action: "sign-out", reason: "session_ended" });
    expect(await answer(await post("refresh"))).toEqual([400, { error: "invalid_grant" }]);
  });
});

test("what nothing would help needs nothing", async () => {
  const notes = notesOf(await render());
  expect(needOf(await failed(notes.purge.mutate()))).toBeUndefined();
  expect(needOf(await failed(notes.moody.mutate({ title: "moody" })))).toBeUndefined();
  app.site.door.decide(() => "cut");
  expect(needOf(await failed(notes.who.query()))).toBeUndefined();
  expect(needOf(new Error("of the app"))).toBeUndefined();
});

test.each(["refresh", "step-up"])("for nobody, %s is refused", async (action) => {
  const response = await app.sessions.handle(plainBrowser().post(action, { password: PASSWORD }));
  expect(await answer(response)).toEqual([401, { error: "no_token" }]);
  expect(response.headers.getSetCookie()).toEqual([]);
});
