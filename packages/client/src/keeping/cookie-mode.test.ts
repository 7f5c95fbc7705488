import { describe, expect, test } from "vitest";
import { gate } from "../testing/gate.ts";
import { newAccount } from "../testing/house.ts";
import { makeTimersSettable, passTimers } from "../testing/page-clock.ts";
import { accountOf, statusOf } from "../testing/signed-in-tabs.ts";
import { APP, noteOf } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import { begin, openTab, type Tab } from "../testing/tab.ts";

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
    const { status: _, ...known } = state;
    const { [noteOf(stage.site)]: noted = "", ...rest } = JSON.parse(inReach)[0];
    expect(JSON.parse(noted.replace("signed-in ", ""))).toEqual(known);
    expect([rest, ...JSON.parse(inReach).slice(1)]).toEqual([{}, {}, ""]);
    expect(await tab.page.evaluate("indexedDB.databases()")).toEqual([]);
  });

  test("asks again later who is signed in where the server is away, but not once it was disposed of", async () => {
    await signedUp();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/") ? { status: 503, body: "{}" } : undefined));
    const opened = async () => {
      const page = await stage.context.newPage();
      await makeTimersSettable(page);
      await page.goto(stage.site.origin);
      const tab = await begin(stage.site, page);
      expect((await tab.ready()).status).toBe("offline");
      return tab;
    };
    const [disposed, other] = [await opened(), await opened()];
    const askedOf = async ({ page }: Tab) =>
      (await page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/refresh')).length",
      )) as number;
    await disposed.run((client) => client.dispose());
    const before = [await askedOf(disposed), await askedOf(other)] as const;
    const asksTwiceMore = async () => {
      for (const tab of [disposed, other]) await passTimers(tab, 20_000);
      return (await askedOf(other)) >= before[1] + 2;
    };
    await expect.poll(asksTwiceMore, { timeout: 20_000, interval: 200 }).toBe(true);
    expect(await askedOf(disposed)).toBe(before[0]);
  });

  test("is signed in again after it was loaded anew, by one refresh", async () => {
    const tab = await signedUp();
    const before = await tab.state();
    stage.site.door.forget();
    const way = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path === "/auth/session/refresh") await way.pass();
      return undefined;
    });
    const again = await reloaded(tab);
    await way.reached;
    expect(await again.state()).toEqual({ status: "unknown" });
    way.open();
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

  test("client case 14: loaded offline, is offline as who it was, and signed in by itself when the server is back", async () => {
    const tab = await signedUp();
    const before = await tab.state();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/") ? "cut" : undefined));
    const again = await reloaded(tab);
    expect(await again.ready()).toEqual({ ...before, status: "offline", expiresAt: undefined });
    stage.site.door.forwardAll();
    await expect.poll(() => again.state(), { timeout: 20_000 }).toEqual(before);
    expect(await again.happenings()).toEqual({ states: ["offline", "signed-in"], accounts: [], warnings: [] });
  });

  test("client case 20: loaded offline, is told that it is somebody else by now", async () => {
    const tab = await signedUp();
    const before = await accountOf(tab);
    const isAway = (path: string) => path.startsWith("/auth/session/refresh");
    stage.site.door.decide(({ path }) => (isAway(path) ? "cut" : undefined));
    const again = await reloaded(tab);
    expect((await again.ready()).status).toBe("offline");
    const other = await openTab(stage.site, stage.context);
    await other.run((client, account) => client.signUp(account), newAccount());
    stage.site.door.forwardAll();
    await expect.poll(() => statusOf(again), { timeout: 20_000 }).toBe("signed-in");
    expect(await accountOf(again)).toBe(await accountOf(other));
    expect((await again.happenings()).accounts.at(-1)).toBe(await accountOf(other));
    expect(await accountOf(again)).not.toBe(before);
  });

  test("client case 18: loaded offline, shows nobody whom another tab has signed out meanwhile", async () => {
    const tab = await signedUp();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/session/") ? "cut" : undefined));
    const again = await openTab(stage.site, stage.context);
    expect((await again.ready()).status).toBe("offline");
    await tab.run((client) => client.session.end());
    await expect.poll(() => accountOf(again)).toBeUndefined();
    expect((await again.happenings()).accounts).toEqual([undefined]);
  });

  test("client case 19: loaded offline, signs out at once, and is offline no more", async () => {
    const tab = await signedUp();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/session/") ? "cut" : undefined));
    const again = await reloaded(tab);
    expect((await again.ready()).status).toBe("offline");
    await again.run((client) => client.session.end());
    expect(await again.state()).toEqual({ status: "signed-out" });
    expect(await (await reloaded(again)).ready()).toEqual({ status: "signed-out" });
  });

  test("does not know who is signed in while the server cannot be asked and no note tells, and finds out by the next call", async () => {
    const tab = await signedUp();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/") ? { status: 502, body: "<html>" } : undefined));
    await tab.page.evaluate("localStorage.clear()");
    const again = await reloaded(tab);
    expect(await again.ready()).toEqual({ status: "unknown" });
    const failed = await again.run(async (client) => {
      const { reasonOf } = globalThis as unknown as typeof import("../errors.ts");
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
