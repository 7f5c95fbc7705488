import type { Browser, BrowserContext, Page } from "playwright-core";
import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openChromium } from "../testing/chromium.ts";
import { gate } from "../testing/gate.ts";
import { generationsOf } from "../testing/generations.ts";
import { newAccount, PASSWORD } from "../testing/house.ts";
import type { NotesRouter } from "../testing/notes.ts";
import { COOKIE, openRenderedApp, type RenderedApp } from "../testing/rendered-app.ts";
import { EXPIRY_MS } from "../testing/signed-in-tabs.ts";
import type { ServerSessions } from "./create-server-sessions.ts";
import { needOf } from "./need.ts";

// Each visits several pages, and hashes passwords.
vi.setConfig({ testTimeout: 60_000 });

let app: RenderedApp;
let sessions: ServerSessions;
let browser: Browser;
let context: BrowserContext;

const html = (text: string, more = "") =>
  new Response(`<!doctype html><title>${text}</title><link rel=icon href=data:,>${more}`, {
    headers: { "content-type": "text/html" },
  });

/** The app's own script in a page, which renews the session as soon as it runs. */
const HYDRATING = `<script>
  const headers = { "content-type": "application/json", "x-countersign": "1" };
  globalThis.hydrated = fetch("/session/refresh", { method: "POST", headers, body: "{}" }).then(({ status }) => status);
</script>`;

/** Pages that have no proxy step before them. */
const bare: Readonly<Record<string, (request: Request) => Promise<Response>>> = {
  "/bare": page,
  "/hydrating": async (request) => html((await sessions.read(request)).status, HYDRATING),
};

/** What is rendered: the account, as the API says it, or why not. */
async function page(request: Request): Promise<Response> {
  const session = await sessions.read(request);
  if (session.status !== "signed-in") return html(session.status);
  const options = { url: app.notesUrl, audience: app.notesUrl, transformer: superjson };
  const notes = session.connect<NotesRouter>(options);
  try {
    if (new URL(request.url).pathname !== "/shred") return html((await notes.who.query()).account);
    return html(await notes.shred.mutate({ title: "bills" }));
  } catch (error) {
    return html(needOf(error)?.reason ?? "unknown");
  }
}

beforeAll(async () => {
  app = await openRenderedApp();
  sessions = app.another({ origin: app.site.origin });
  app.site.renderWith((request) => bare[new URL(request.url).pathname]?.(request) ?? sessions.serve(request, page));
  browser = await openChromium(app.site.certificate);
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(async () => {
  app.site.door.forwardAll();
  await context.close();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** Goes to a page. @returns what is shown there */
async function go(tab: Page, path = "/"): Promise<string> {
  await tab.goto(app.site.origin + path);
  return await tab.title();
}

/** What the app's own script does. @returns the status */
const post = (tab: Page, action: string, body: object = {}) =>
  tab.evaluate(
    async ([path, text]) => {
      const headers = { "content-type": "application/json", "x-countersign": "1" };
      return (await fetch(path, { method: "POST", headers, body: text })).status;
    },
    [`/session/${action}`, JSON.stringify(body)] as const,
  );

/** Tabs of a browser in which somebody new is signed in, and who it is. */
async function signedIn(count: number): Promise<{ readonly tabs: readonly [Page, Page]; readonly account: string }> {
  const [first, second] = [await context.newPage(), await context.newPage()];
  await go(first);
  expect(await post(first, "sign-up", newAccount())).toBe(200);
  const account = await go(first);
  expect(account).toMatch(/^[\w-]{22}$/);
  expect(count === 2 ? await go(second) : account).toBe(account);
  app.site.door.forget();
  return { tabs: [first, second], account };
}

/** Holds requests for a renewal until so many have come. */
function holdRefreshes(until: number) {
  const all = gate();
  app.site.door.decide(async ({ path }) => {
    if (path !== "/auth/session/refresh") return undefined;
    if (app.refreshes() === until) all.open();
    await all.pass();
    return undefined;
  });
}

test("who signs in has what is rendered for them, and a cookie that no script sees", async () => {
  const { tabs, account } = await signedIn(1);
  expect(await go(tabs[0], "/bare")).toBe(account);
  expect(await tabs[0].evaluate("document.cookie")).toBe("");
  const [cookie, ...others] = await context.cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ name: COOKIE, httpOnly: true, secure: true, sameSite: "Lax" });
  expect(await tabs[0].evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")).toBe("{}");
});

describe("a token that has expired", () => {
  beforeEach(() => app.site.door.forget());

  test("client case 29: is renewed in the proxy step, once, and never while a page is rendered", async () => {
    const { tabs, account } = await signedIn(1);
    await app.pass(EXPIRY_MS);
    expect(await go(tabs[0], "/bare")).toBe("expired");
    expect(app.refreshes()).toBe(0);
    expect([await go(tabs[0]), await go(tabs[0]), await go(tabs[0], "/bare")]).toEqual([account, account, account]);
    expect(app.refreshes()).toBe(1);
  });

  test("client case 29: is renewed by a page that was rendered with it, and in the proxy step of another page, by one rotation", async () => {
    const { tabs, account } = await signedIn(2);
    const [first, second] = tabs;
    const hydrate = async () => [await go(first, "/hydrating"), await first.evaluate("hydrated")];
    for (const generation of [1, 2]) {
      app.site.door.forget();
      holdRefreshes(2);
      await app.pass(EXPIRY_MS);
      const shown = app.site.atOneMoment(() => Promise.all([hydrate(), go(second)]));
      expect(await shown).toEqual([["expired", 204], account]);
      expect(generationsOf(app.site.door.to("/auth/session/refresh"))).toEqual([generation]);
      // Whichever cookie came last, the session goes on from it.
      expect([await go(first), await go(second), app.refreshes()]).toEqual([account, account, 2]);
    }
  });

  test("client case 1: two tabs that go somewhere at the same moment both go on by one rotation, round after round", async () => {
    const { tabs, account } = await signedIn(2);
    for (const generation of [1, 2, 3]) {
      app.site.door.forget();
      holdRefreshes(2);
      await app.pass(EXPIRY_MS);
      // Pages of two addresses: a browser asks for one address at a time.
      const shown = app.site.atOneMoment(() => Promise.all(tabs.map((tab, at) => go(tab, `/?${at}`))));
      expect(await shown).toEqual([account, account]);
      expect(app.refreshes()).toBe(2);
      expect(generationsOf(app.site.door.to("/auth/session/refresh"))).toEqual([generation]);
    }
    expect(await Promise.all(tabs.map((tab, at) => go(tab, `/bare?${at}`)))).toEqual([account, account]);
  });

  test.each([
    ["the issuer's answer", "/auth/session/refresh"],
    ["the page, with the new cookie", "/"],
  ])("client case 3: signs nobody out where %s is lost", async (_, lost) => {
    const { tabs, account } = await signedIn(1);
    await app.pass(EXPIRY_MS);
    app.site.door.decide(({ path }) =>
      path === lost && app.site.door.to(lost).length === 1 ? "lose-reply" : undefined,
    );
    const arrived = await go(tabs[0]).catch(() => "nowhere");
    expect(arrived).toBe(lost === "/" ? "nowhere" : account);
    // In another tab: the one whose page was lost shows an error of the browser's.
    expect(await go(tabs[1])).toBe(account);
    expect(app.refreshes()).toBe(2);
  });
});

describe("what one tab does", () => {
  test("client case 18: signing out is so in the other, whose renewal under way brings nobody back", async () => {
    const { tabs } = await signedIn(2);
    const [first, second] = tabs;
    await app.pass(EXPIRY_MS);
    const reply = gate();
    app.site.door.decide(({ path }) =>
      path === "/auth/session/refresh" ? { afterReply: reply.pass, lose: false } : undefined,
    );
    const arriving = go(second);
    await reply.reached;
    expect(await post(first, "sign-out")).toBe(204);
    reply.open();
    expect(await arriving).toBe("session_ended");
    // The browser was given a renewed session after it was told to forget the one of before.
    expect((await context.cookies()).map(({ name }) => name)).toContain(COOKIE);
    expect(await go(second, "/bare")).toBe("signed-out");
    expect([await go(first), await go(second)]).toEqual(["signed-out", "signed-out"]);
    expect((await context.cookies()).map(({ name }) => name)).not.toContain(COOKIE);
  });

  test("client case 20, corpus 66: signing in as somebody else is so in the other at its next page", async () => {
    const { tabs, account } = await signedIn(2);
    expect(await post(tabs[0], "sign-up", newAccount())).toBe(200);
    const other = await go(tabs[1]);
    expect(other).toMatch(/^[\w-]{22}$/);
    expect(other).not.toBe(account);
    expect(await go(tabs[0])).toBe(other);
  });

  test("client case 25: proving the password again lets both do what asked for it", async () => {
    const { tabs } = await signedIn(2);
    await app.pass(3_600_000);
    expect(await go(tabs[0], "/shred")).toBe("step_up_required");
    expect(await post(tabs[0], "step-up", { password: PASSWORD })).toBe(204);
    expect(await Promise.all(tabs.map((tab, at) => go(tab, `/shred?${at}`)))).toEqual(["shredded", "shredded"]);
  });
});
