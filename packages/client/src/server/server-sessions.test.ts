import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import type { NotesRouter } from "../testing/notes.ts";
import { COOKIE, openRenderedApp, type PlainBrowser, type RenderedApp } from "../testing/rendered-app.ts";
import { EXPIRY_MS } from "../testing/signed-in-tabs.ts";
import type { ServerSession, SignedInSession } from "./server-session.ts";

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

/** What a render reads after a proxy step, and what the browser is told of it. */
async function visit(browser: PlainBrowser, request = browser.get()): Promise<ServerSession> {
  const step = await app.sessions.proxy(request);
  await browser.take({ headers: step.responseHeaders });
  return await app.sessions.read({ headers: step.requestHeaders });
}

function signedIn(session: ServerSession): SignedInSession {
  if (session.status !== "signed-in") throw new Error(session.status);
  return session;
}

const whoIs = (session: SignedInSession) =>
  session
    .connect<NotesRouter>({ url: app.notesUrl, audience: app.notesUrl, transformer: superjson })
    .who.query()
    .then(({ account }) => account);

describe("a render", () => {
  test("knows who is there, and makes typed calls as them", async () => {
    const session = signedIn(await app.sessions.read(ann.get()));
    expect(await whoIs(session)).toBe(session.account);
    expect((await session.api.account.me.query()).id).toBe(session.account);
    expect(session.permissions(app.notesUrl)).toEqual([]);
    expect(session.expiresAt * 1000).toBeGreaterThan(app.world.now());
    expect(app.refreshes()).toBe(0);
  });

  test("of a stranger asks nobody", async () => {
    app.site.door.forget();
    expect(await app.sessions.read({ headers: new Headers() })).toEqual({ status: "signed-out" });
    expect(app.site.door.seen).toEqual([]);
  });

  test("client case 29: with an expired cookie says so and renews nothing; the next proxy step renews it once", async () => {
    const { account } = signedIn(await app.sessions.read(ann.get()));
    await app.pass(EXPIRY_MS);
    expect(await app.sessions.read(ann.get())).toMatchObject({ status: "expired", account });
    expect(app.refreshes()).toBe(0);
    expect(await visit(ann)).toMatchObject({ status: "signed-in", account });
    expect(await visit(ann)).toMatchObject({ status: "signed-in", account });
    expect(app.refreshes()).toBe(1);
  });

  test("has no token for an API that it was not made for", async () => {
    const session = signedIn(await app.sessions.read(ann.get()));
    expect(() => session.accessToken("https://other.example")).toThrow(
      expect.objectContaining({ reason: "invalid_target" }),
    );
    expect(() => session.connect<NotesRouter>({ url: "https://other.example/trpc", transformer: superjson })).toThrow(
      expect.objectContaining({ reason: "invalid_target" }),
    );
  });

  test("knows what they may call, by one request for an API's access table", async () => {
    const session = signedIn(await app.sessions.read(ann.get()));
    app.site.door.forget();
    const [notes, again, own] = await Promise.all([
      session.accessTo<NotesRouter>(app.notesUrl),
      session.accessTo<NotesRouter>(app.notesUrl),
      session.accessTo(),
    ]);
    expect([notes.can("who"), notes.can("purge"), again.can("shred")]).toEqual([true, false, true]);
    expect([own.can("account.me"), own.can("users.disable")]).toEqual([true, false]);
    const asked = app.site.door.seen.map(({ path }) => path.split("?", 1)[0]);
    expect(asked, "once for each API").toEqual(["/auth/trpc/access.table", "/auth/trpc/access.table"]);
    await expect(session.accessTo("https://other.example")).rejects.toMatchObject({ reason: "invalid_target" });
  });

  test("is refused by the guard once the session has ended, and repeats nothing", async () => {
    const session = signedIn(await app.sessions.read(ann.get()));
    await app.sessions.handle(ann.post("sign-out", {}));
    app.site.door.forget();
    expect(await whoIs(session).catch(reasonOf)).toBe("session_ended");
    expect(app.site.door.seen).toHaveLength(1);
  });
});

describe("a proxy step", () => {
  test("leaves a session alone that is not due", async () => {
    const { requestHeaders, responseHeaders } = await app.sessions.proxy(ann.get());
    expect([...requestHeaders]).toEqual([...ann.get().headers]);
    expect([...responseHeaders]).toEqual([]);
    expect(app.refreshes()).toBe(0);
  });

  test("renews one that is due; who renders sees it at once, beside the other cookies", async () => {
    await app.pass(EXPIRY_MS);
    const step = await app.sessions.proxy(ann.get());
    expect(step.requestHeaders.get("cookie")).toMatch(new RegExp(`^theme=dark; ${COOKIE}=ey`));
    const session = signedIn(await app.sessions.read({ headers: step.requestHeaders }));
    expect(await whoIs(session)).toBe(session.account);
    expect(step.responseHeaders.get("cache-control")).toBe("no-store");
  });

  test("corpus 65: of many requests at once with one old cookie gives all the same successor", async () => {
    await app.pass(EXPIRY_MS);
    const steps = await Promise.all(Array.from({ length: 10 }, () => app.sessions.proxy(ann.get())));
    const replies = app.site.door.to("/auth/session/refresh").map(({ reply = "" }) => JSON.parse(reply).refresh_token);
    expect(replies).toHaveLength(10);
    expect(new Set(replies).size).toBe(1);
    // Whichever answer came last, the session goes on from it.
    for (const { responseHeaders } of [steps[9], steps[0]].flatMap((step) => step ?? [])) {
      await ann.take({ headers: responseHeaders });
      expect(await app.sessions.read(ann.get())).toMatchObject({ status: "signed-in" });
    }
    await app.pass(EXPIRY_MS);
    expect(await visit(ann)).toMatchObject({ status: "signed-in" });
  });

  test("client case 29: two people at once: each gets their own, whatever the order", async () => {
    const bob = await app.person();
    const [annIs, bobIs] = [await visit(ann), await visit(bob)].map((session) => signedIn(session).account);
    await app.pass(EXPIRY_MS);
    const found = await Promise.all(
      [ann, bob, ann, bob].map(async (browser) => {
        const session = signedIn(await visit(browser));
        return [session.account, await whoIs(session)];
      }),
    );
    expect(found).toEqual([annIs, bobIs, annIs, bobIs].map((account) => [account, account]));
    expect(annIs).not.toBe(bobIs);
  });

  test("client case 3: whose answer was lost goes on from the old cookie", async () => {
    await app.pass(EXPIRY_MS);
    await app.sessions.proxy(ann.get());
    await app.pass(EXPIRY_MS);
    expect(await visit(ann)).toMatchObject({ status: "signed-in" });
  });

  test("client case 6: keeps the session where the issuer cannot be asked, and is in no hurry to ask again", async () => {
    await app.pass(EXPIRY_MS);
    app.site.door.decide(() => ({ status: 502, body: "<html>", headers: { "retry-after": "30" } }));
    const step = await app.sessions.proxy(ann.get());
    expect(step.failure?.reason).toBe("unavailable");
    await ann.take({ headers: step.responseHeaders });
    expect(await visit(ann)).toMatchObject({ status: "expired" });
    expect(app.refreshes()).toBe(1);
    app.site.door.forwardAll();
    await app.pass(60_000);
    expect(await visit(ann)).toMatchObject({ status: "signed-in" });
  });

  test("client case 7: keeps what the issuer will not renew until its tokens expire, and then forgets it", async () => {
    const { api } = signedIn(await app.sessions.read(ann.get()));
    const [session] = await api.account.sessions.query();
    await api.account.endSession.mutate({ id: session?.id ?? "" });
    await app.pass(EXPIRY_MS * 0.75);
    app.site.door.forget();
    expect(await visit(ann)).toMatchObject({ status: "signed-in" });
    expect(await visit(ann)).toMatchObject({ status: "signed-in" });
    expect(app.refreshes()).toBe(1);
    await app.pass(EXPIRY_MS);
    expect(await visit(ann)).toEqual({ status: "signed-out" });
    expect(ann.cookie).toBeUndefined();
  });
});

test("serve: the app's function gets the renewed request, and its answer says so to the browser", async () => {
  await app.pass(EXPIRY_MS);
  const render = async (request: Request) => {
    const session = await app.sessions.read(request);
    return new Response(session.status, { status: 201, headers: { "cache-control": "public", "set-cookie": "a=b" } });
  };
  const response = await ann.take(await app.sessions.serve(ann.get(), render));
  expect([response.status, await response.text()]).toEqual([201, "signed-in"]);
  expect(response.headers.getSetCookie()).toEqual(["a=b", expect.stringContaining(`${COOKIE}=`)]);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const out = await ann.take(await app.sessions.serve(ann.post("sign-out", {}), render));
  expect(out.status).toBe(204);
  expect(await (await app.sessions.serve(ann.get(), render)).text()).toBe("signed-out");
});
