import { describe, expect, test } from "vitest";
import { newAccount } from "./testing/house.ts";
import { APP, noteOf } from "./testing/site.ts";
import { openStage } from "./testing/stage.ts";
import { begin, openTab, type Tab } from "./testing/tab.ts";

const stage = openStage();

const note = (tab: Tab) => tab.page.evaluate(`localStorage.getItem(${JSON.stringify(noteOf(stage.site))})`);
const refreshes = () => stage.site.door.to("/auth/session/refresh").length;
const ends = () => stage.site.door.to("/auth/session/end").length;

async function signedUp(): Promise<Tab> {
  const tab = await openTab(stage.site, stage.context);
  await tab.run((client, account) => client.signUp(account), newAccount());
  return tab;
}

async function reloaded(tab: Tab): Promise<Tab> {
  await tab.page.reload();
  return await begin(stage.site, tab.page);
}

describe("a page in cookie mode", () => {
  test("keeps its refresh token in a cookie of its own origin, and nothing secret anywhere else", async () => {
    const tab = await signedUp();
    expect(await tab.state()).toMatchObject({ status: "signed-in" });
    const [cookie, ...others] = await stage.context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({
      name: `__Host-cs-${APP}`,
      httpOnly: true,
      secure: true,
      sameSite: "Strict",
      path: "/",
    });
    const inReach = (await tab.page.evaluate(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
    )) as string;
    const state = await tab.state();
    const session = "session" in state ? state.session : "";
    expect(JSON.parse(inReach)).toEqual([{ [noteOf(stage.site)]: `signed-in ${session}` }, {}, ""]);
    expect(await tab.page.evaluate("indexedDB.databases()")).toEqual([]);
  });

  test("is signed in again after it was loaded anew, by one refresh", async () => {
    const tab = await signedUp();
    const before = await tab.state();
    stage.site.door.forget();
    const again = await reloaded(tab);
    expect(await again.state()).toEqual({ status: "unknown" });
    expect(await again.ready()).toEqual({ ...before, status: "signed-in" });
    expect(await again.happenings()).toEqual({ states: ["signed-in"], accounts: [], warnings: [] });
    expect(await again.run(async (client) => (await client.api.account.me.query()).id)).toBe(
      "account" in before ? before.account : undefined,
    );
    expect(refreshes()).toBe(1);
  });

  test("waits with its first call until it is known who is signed in", async () => {
    const tab = await signedUp();
    const again = await reloaded(tab);
    const sessions = await again.run(async (client) => (await client.api.account.sessions.query()).length);
    expect(sessions).toBe(1);
  });

  test("asks once whether a stranger is signed in, and remembers that they are not", async () => {
    const tab = await openTab(stage.site, stage.context);
    expect(await tab.ready()).toEqual({ status: "signed-out" });
    expect(refreshes()).toBe(1);
    expect(await (await reloaded(tab)).ready()).toEqual({ status: "signed-out" });
    expect(refreshes()).toBe(1);
  });

  test("is signed in still where the browser has thrown its notes away, and not the cookie", async () => {
    const tab = await signedUp();
    await tab.page.evaluate("localStorage.clear()");
    expect(await (await reloaded(tab)).ready()).toMatchObject({ status: "signed-in" });
  });

  test("signs out: the cookie is gone, and the session has ended", async () => {
    const tab = await signedUp();
    const [cookie] = await stage.context.cookies();
    await tab.run((client) => client.session.end());
    expect(await tab.state()).toEqual({ status: "signed-out" });
    expect(await stage.context.cookies()).toEqual([]);
    expect(await note(tab)).toBe("signed-out");
    if (cookie) await stage.context.addCookies([cookie]);
    await tab.page.evaluate("localStorage.clear()");
    expect(await (await reloaded(tab)).ready()).toEqual({ status: "signed-out" });
  });

  test("client case 19: signs out offline at once, and tells the server before anything else at the next start", async () => {
    const tab = await signedUp();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/session/") ? "cut" : undefined));
    await tab.run((client) => client.session.end());
    expect(await tab.state()).toEqual({ status: "signed-out" });
    expect((await tab.happenings()).warnings).toEqual(["end_pending"]);
    stage.site.door.forwardAll();
    stage.site.door.forget();
    const again = await reloaded(tab);
    expect(await again.ready()).toEqual({ status: "signed-out" });
    await expect.poll(() => note(again)).toBe("signed-out");
    expect([ends(), refreshes()]).toEqual([1, 0]);
    expect(await stage.context.cookies()).toEqual([]);
  });

  test("does not know who is signed in while the server cannot be asked, and finds out by the next call", async () => {
    const tab = await signedUp();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/") ? { status: 502, body: "<html>" } : undefined));
    const again = await reloaded(tab);
    expect(await again.ready()).toEqual({ status: "unknown" });
    const failed = await again.run(async (client) => {
      const { reasonOf } = globalThis as unknown as typeof import("./errors.ts");
      return await client.api.account.me.query().then(String, reasonOf);
    });
    expect(failed).toBe("unavailable");
    stage.site.door.forwardAll();
    await expect.poll(() => again.state(), { timeout: 20_000 }).toMatchObject({ status: "signed-in" });
  });

  test("says that nobody knows this app at the server, and is signed out", async () => {
    const tab = await openTab(stage.site, stage.context);
    await tab.ready();
    const [state, warned] = (await tab.page.evaluate(`(async () => {
      const { session } = createClient({ url: "${stage.site.origin}/auth", client: "stranger" });
      const warned = new Promise((resolve) => session.onWarning(resolve));
      return [await session.ready(), await warned];
    })()`)) as unknown[];
    expect(state).toEqual({ status: "signed-out" });
    expect(warned).toEqual({ kind: "not_resumed", reason: "invalid_client" });
  });
});
