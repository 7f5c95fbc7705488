import { describe, expect, test } from "vitest";
import { gate } from "../testing/gate.ts";
import { generationIn, generationsOf } from "../testing/generations.ts";
import { newAccount } from "../testing/house.ts";
import { makeTimersSettable, passTimers } from "../testing/page-clock.ts";
import { accountOf, add, EXPIRY_MS, signedInTabs, statusOf, who } from "../testing/signed-in-tabs.ts";
import { noteOf } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import { begin, openTab, type Tab } from "../testing/tab.ts";

const stage = openStage();

const refreshes = () => stage.site.door.to("/auth/session/refresh").length;
/** Of the refresh token that the browser has. */
const generation = async () => generationIn((await stage.context.cookies())[0]?.value ?? "") ?? Number.NaN;
/** Within the second that PROTOCOL allows. */
const withinASecond = { timeout: 1_000, interval: 20 };

/** Ten seconds for a request, and fifteen for its repetitions. */
const LONGEST_REFRESH_MS = 25_000;

/** Pages of a browser that has no locks, or that came without TLS. */
const withoutLocks = () =>
  stage.context.addInitScript("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })");
const signedIn = (tabs: number) => signedInTabs(stage.site, stage.context, tabs);

describe("tabs that share a session", () => {
  test.each([2, 10])(
    "client case 1: %i tabs, an expired token, the same moment: one rotation, and all go on",
    async (count) => {
      const tabs = await signedIn(count);
      const account = await accountOf(tabs[0] as Tab);
      for (let round = 0; round < 2; round += 1) {
        stage.site.door.forget();
        const before = await generation();
        await stage.site.pass(EXPIRY_MS);
        const called = await stage.site.atOneMoment(() => Promise.all(tabs.map(who)));
        expect(called).toEqual(tabs.map(() => account));
        expect(refreshes()).toBe(count);
        expect(generationsOf(stage.site.door.to("/auth/session/refresh"))).toEqual([before + 1]);
      }
      for (const tab of tabs) expect(await tab.happenings()).toMatchObject({ accounts: [], warnings: [] });
    },
  );

  test("client case 11: go on without locks", async () => {
    await withoutLocks();
    const tabs = await signedIn(2);
    await stage.site.pass(EXPIRY_MS);
    expect(new Set(await Promise.all(tabs.map(who)))).toEqual(new Set([await accountOf(tabs[0] as Tab)]));
    expect(await Promise.all(tabs.map(statusOf))).toEqual(["signed-in", "signed-in"]);
  });

  test("client case 11: without locks, a refresh that two others overtake on its way signs nobody out", async () => {
    await withoutLocks();
    const [slow, ...others] = (await signedIn(3)) as [Tab, Tab, Tab];
    const account = await accountOf(slow);
    await stage.site.pass(EXPIRY_MS);
    const onItsWay = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path === "/auth/session/refresh" && refreshes() === 1) await onItsWay.pass();
      return undefined;
    });
    // With the cookie of now. Those of the others come with what each reply before them has set.
    const arrived = slow.run((client) => client.session.refresh());
    await onItsWay.reached;
    for (const other of others) await other.run((client) => client.session.refresh());
    onItsWay.open();
    await arrived;
    expect(await Promise.all([slow, ...others].map(who))).toEqual([account, account, account]);
    await stage.site.pass(EXPIRY_MS);
    expect(await Promise.all([slow, ...others].map(who))).toEqual([account, account, account]);
    for (const tab of [slow, ...others]) expect(await tab.happenings()).toMatchObject({ accounts: [], warnings: [] });
  });

  test("client case 10: a tab that goes away in the middle of a refresh keeps nobody waiting", async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    const at = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path !== "/auth/session/refresh" || refreshes() > 1) return undefined;
      await at.pass();
      return "cut";
    });
    const left = first.run((client) => client.session.refresh()).catch(() => "gone");
    await at.reached;
    const refreshed = second.run((client) => client.session.refresh());
    await first.page.close();
    await refreshed;
    at.open();
    expect(await left).toBe("gone");
    expect(await statusOf(second)).toBe("signed-in");
  });

  test("client case 10: a tab that is frozen while it refreshes keeps nobody waiting, and thaws without harm", {
    timeout: 60_000,
  }, async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    const at = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path === "/auth/session/refresh" && refreshes() === 1) await at.pass();
      return undefined;
    });
    // Its timeout may have passed when it thaws.
    const thawed = first.run((client) => client.session.refresh()).catch(() => undefined);
    await at.reached;
    const devtools = await stage.context.newCDPSession(first.page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await second.run((client) => client.session.refresh());
    expect(refreshes()).toBe(2);
    at.open();
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await thawed;
    expect(await Promise.all([first, second].map(who))).toEqual(Array(2).fill(await accountOf(second)));
    // Where the browser broke its request off it was offline, and comes back by itself.
    await expect.poll(() => statusOf(first), { timeout: 20_000 }).toBe("signed-in");
    expect(await first.run((client) => client.api.account.sessions.query().then(({ length }) => length))).toBe(1);
  });

  test("client case 10: a tab that keeps the lock keeps the others waiting for as long as an honest refresh may take", async () => {
    const [first] = (await signedIn(1)) as [Tab];
    const page = await stage.context.newPage();
    await makeTimersSettable(page);
    await page.goto(stage.site.origin);
    const second = await begin(stage.site, page);
    await second.ready();
    await first.page.evaluate(`new Promise((held) => {
      navigator.locks.request("${noteOf(stage.site)}", () => {
        held();
        return new Promise((release) => Object.assign(globalThis, { release }));
      });
    })`);
    stage.site.door.forget();
    await page.evaluate("globalThis.refreshed = client.session.refresh(); undefined");
    await expect.poll(() => page.evaluate("navigator.locks.query().then(({ pending }) => pending.length)")).toBe(1);
    await passTimers(second, LONGEST_REFRESH_MS - 1);
    expect(refreshes()).toBe(0);
    await passTimers(second, 1);
    await page.evaluate("refreshed");
    expect(refreshes()).toBe(1);
    await first.page.evaluate("release()");
    for (const tab of [first, second]) await tab.run((client) => client.session.refresh());
    expect(await first.run((client) => client.api.account.sessions.query().then(({ length }) => length))).toBe(1);
  });

  test("client case 4: a tab that dies before the reply of its refresh arrives signs nobody out", async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    stage.site.door.decide(({ path }) =>
      path === "/auth/session/refresh" && refreshes() === 1
        ? { afterReply: () => first.page.close(), lose: true }
        : undefined,
    );
    await first.run((client) => client.session.refresh()).catch(() => undefined);
    await second.run((client) => client.session.refresh());
    expect((await (await openTab(stage.site, stage.context)).ready()).status).toBe("signed-in");
  });
});

describe("signing out in one tab", () => {
  test("client case 18: reaches the others within a second, their refresh and what waits for it included", async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    await stage.site.pass(EXPIRY_MS);
    const at = gate();
    stage.site.door.decide(({ path }) =>
      path === "/auth/session/refresh" ? { afterReply: at.pass, lose: false } : undefined,
    );
    const added = add(second, "after signing out");
    await at.reached;
    const ended = first.run((client) => client.session.end());
    await expect.poll(() => statusOf(first), withinASecond).toBe("signed-out");
    await expect.poll(() => statusOf(second), withinASecond).toBe("signed-out");
    at.open();
    await ended;
    expect(await added).not.toBe("added");
    expect(stage.site.notes.added).not.toContain("after signing out");
    expect(await statusOf(second)).toBe("signed-out");
    await expect.poll(() => stage.context.cookies()).toEqual([]);
  });

  test("client case 19: offline, is told to the server by whichever tab is shown next", async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/") ? "cut" : undefined));
    await first.run((client) => client.session.end());
    await expect.poll(() => statusOf(second), withinASecond).toBe("signed-out");
    stage.site.door.forwardAll();
    await first.page.close();
    await second.page.evaluate("dispatchEvent(new Event('online'))");
    await expect.poll(() => stage.context.cookies()).toEqual([]);
  });
});

describe("signing in as somebody else in another tab", () => {
  test("client case 20: no call of the one before goes out, or again, with the other's token", async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    const before = await accountOf(first);
    const at = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path.startsWith("/notes/add")) await at.pass();
      return undefined;
    });
    await stage.site.pass(EXPIRY_MS);
    const added = add(first, "of the one before");
    await at.reached;
    await second.run((client, account) => client.signUp(account), newAccount());
    const after = await accountOf(second);
    expect(after).not.toBe(before);
    await expect.poll(() => accountOf(first), withinASecond).toBe(after);
    expect((await first.happenings()).accounts).toEqual([undefined, after]);
    at.open();
    expect(await added).not.toBe("added");
    expect(stage.site.notes.added).not.toContain("of the one before");
    expect(stage.site.door.seen.filter(({ path }) => path.startsWith("/notes/add"))).toHaveLength(1);
    expect(await who(first)).toBe(after);
  });

  test("client case 8: a refresh that was under way is asked anew, and finds who is signed in now", async () => {
    await withoutLocks();
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    const at = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path === "/auth/session/refresh" && refreshes() === 1) await at.pass();
      return undefined;
    });
    const refreshed = first.run((client) => client.session.refresh());
    await at.reached;
    await second.run((client, account) => client.signUp(account), newAccount());
    await expect.poll(() => statusOf(first), withinASecond).toBe("unknown");
    at.open();
    await refreshed;
    expect(await accountOf(first)).toBe(await accountOf(second));
    expect((await first.happenings()).accounts).toEqual([undefined, await accountOf(second)]);
  });

  test("client case 8: a page that is told of nobody, while somebody signs in elsewhere, asks again", async () => {
    await withoutLocks();
    const at = gate();
    stage.site.door.decide(({ path }) =>
      path === "/auth/session/refresh" && refreshes() === 1 ? { afterReply: at.pass, lose: false } : undefined,
    );
    const first = await openTab(stage.site, stage.context);
    const ready = first.ready();
    await at.reached;
    const second = await openTab(stage.site, stage.context);
    const noted = () => first.page.evaluate("JSON.stringify(localStorage)");
    const before = await noted();
    await second.run((client, account) => client.signUp(account), newAccount());
    // The browser tells other pages of a note when it comes to it.
    await expect.poll(noted).not.toBe(before);
    at.open();
    expect(await ready).toMatchObject({ status: "signed-in" });
    expect(await accountOf(first)).toBe(await accountOf(second));
  });

  test("signing in again in one tab is signing in again in all", async () => {
    const [first, second] = (await signedIn(2)) as [Tab, Tab];
    await first.run((client) => client.session.end());
    await expect.poll(() => statusOf(second), withinASecond).toBe("signed-out");
    await first.run((client, account) => client.signUp(account), newAccount());
    await expect.poll(() => accountOf(second), withinASecond).toBe(await accountOf(first));
  });
});

describe("the life of a page", () => {
  test("client case 13: a duplicated tab is a tab like any other", async () => {
    const [first] = (await signedIn(1)) as [Tab];
    const opened = stage.context.waitForEvent("page");
    await first.page.evaluate("void open('/')");
    const page = await opened;
    await page.waitForLoadState();
    const copy = await begin(stage.site, page);
    expect((await copy.ready()).status).toBe("signed-in");
    await stage.site.pass(EXPIRY_MS);
    expect(await Promise.all([who(first), who(copy)])).toEqual(Array(2).fill(await accountOf(first)));
  });

  test("client case 31: no message between tabs, no URL, no line of the console and nothing stored holds a token", async () => {
    const listener = await openTab(stage.site, stage.context);
    const lines: string[] = [];
    stage.context.on("console", (message) => lines.push(message.text()));
    stage.context.on("request", (request) => lines.push(request.url()));
    await listener.page.evaluate(`
      globalThis.heard = [];
      const channel = new BroadcastChannel("countersign.web@${new URL(stage.site.origin).host}/auth");
      channel.onmessage = ({ data }) => heard.push(data);
    `);
    const [tab] = (await signedIn(1)) as [Tab];
    const token = await tab.run((client) => client.session.accessToken());
    const [cookie] = await stage.context.cookies();
    await tab.run((client) => client.session.refresh());
    await who(tab);
    lines.push((await tab.page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")) as string);
    await tab.run((client) => client.session.end());
    const heard = (await listener.page.evaluate("heard")) as unknown[];
    expect(new Set(heard)).toEqual(new Set(["look"]));
    const parts = [...(token ?? "").split("."), ...(cookie?.value ?? "").split(".").slice(-1)];
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) expect(lines.filter((line) => line.includes(part))).toEqual([]);
  });
});
