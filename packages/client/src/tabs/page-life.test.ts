import { beforeEach, describe, expect, test } from "vitest";
import type { Fate } from "../testing/door.ts";
import { gate } from "../testing/gate.ts";
import { generationIn, generationsOf } from "../testing/generations.ts";
import { newAccount } from "../testing/house.ts";
import { makeClockSettable, makeTimersSettable, passTimers, setClock } from "../testing/page-clock.ts";
import { accountOf, add, EXPIRY_MS, signedInTabs, statusOf, who } from "../testing/signed-in-tabs.ts";
import { openStage } from "../testing/stage.ts";
import { begin, openTab, type Tab } from "../testing/tab.ts";
import { setVisibility } from "../testing/visibility.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const stage = openStage();
beforeEach(() => makeClockSettable(stage.context));

const refreshes = () => stage.site.door.to("/auth/session/refresh").length;
const signedIn = async () => (await signedInTabs(stage.site, stage.context, 1))[0] as Tab;

describe("a page whose access token has expired", () => {
  test("client case 2: makes ten calls with one refresh, and each is done once", async () => {
    const tab = await signedIn();
    await stage.site.pass(EXPIRY_MS);
    const titles = Array.from({ length: 10 }, (_, at) => `ten ${at}`);
    expect(await Promise.all(titles.map((title) => add(tab, title)))).toEqual(titles.map(() => "added"));
    expect(stage.site.notes.added.filter((title) => title.startsWith("ten")).sort()).toEqual(titles);
    expect(refreshes()).toBe(1);
  });

  test("client case 3: goes on when the reply of its refresh is lost", async () => {
    const tab = await signedIn();
    await stage.site.pass(EXPIRY_MS);
    stage.site.door.decide(({ path }) =>
      path === "/auth/session/refresh" && refreshes() === 1 ? "lose-reply" : undefined,
    );
    expect(await who(tab)).toBe(await accountOf(tab));
    expect(refreshes()).toBe(2);
    await tab.run((client) => client.session.refresh());
  });

  test.each([
    ["before it commits", () => stage.site.restart().then(() => "cut" as const), [undefined, 200]],
    ["between commit and reply", () => ({ afterReply: stage.site.restart, lose: true }), [200, 200]],
    ["after its reply", () => ({ afterReply: stage.site.restart, lose: false }), [200]],
  ] satisfies [string, () => Fate | Promise<Fate>, unknown[]][])(
    "client case 5: goes on when the issuer restarts during its refresh, %s",
    async (_when, fate, answered) => {
      const tab = await signedIn();
      const account = await accountOf(tab);
      await stage.site.pass(EXPIRY_MS);
      stage.site.door.decide(({ path }) =>
        path === "/auth/session/refresh" && refreshes() === 1 ? fate() : undefined,
      );
      expect(await who(tab)).toBe(account);
      const replies = stage.site.door
        .to("/auth/session/refresh")
        .map(({ reply }) => reply && JSON.parse(reply).account);
      expect(replies).toEqual(answered.map((status) => status && account));
      expect(await statusOf(tab)).toBe("signed-in");
      // The cookie that the browser has now is good for the next time.
      await tab.run((client) => client.session.refresh());
      expect(await tab.run((client) => client.api.account.sessions.query().then(({ length }) => length))).toBe(1);
    },
  );

  test("client case 9: makes no storm of refreshes while the server is down, and keeps its session", async () => {
    const tab = await signedIn();
    stage.site.door.decide(({ path }) => (path.startsWith("/auth/") ? { status: 502, body: "<html>" } : undefined));
    await stage.site.pass(EXPIRY_MS);
    const reasons: string[] = [];
    for (let call = 0; call < 20; call += 1) reasons.push(await add(tab, "in a storm"));
    expect(new Set(reasons)).toEqual(new Set(["unavailable"]));
    expect(refreshes()).toBeLessThan(10);
    expect(await statusOf(tab)).toBe("offline");
    expect(stage.site.notes.added).not.toContain("in a storm");
  });

  test("client case 21: and signs out while its refresh is under way, is signed out, and the cookie that comes is ended", async () => {
    const tab = await signedIn();
    const reply = gate();
    stage.site.door.decide(({ path }) =>
      path === "/auth/session/refresh" ? { afterReply: reply.pass, lose: false } : undefined,
    );
    const refreshed = tab.run((client) => client.session.refresh());
    await reply.reached;
    const ended = tab.run((client) => client.session.end());
    await expect.poll(() => statusOf(tab)).toBe("signed-out");
    reply.open();
    await Promise.all([refreshed, ended]);
    expect(await tab.state()).toEqual({ status: "signed-out" });
    expect(await stage.context.cookies()).toEqual([]);
    await tab.page.reload();
    expect(await (await begin(stage.site, tab.page)).ready()).toEqual({ status: "signed-out" });
  });

  test("client case 16: repeats a call once whose token expired on its way", async () => {
    const tab = await signedIn();
    let held = false;
    stage.site.door.decide(async ({ path }) => {
      if (!path.startsWith("/notes/add") || held) return undefined;
      held = true;
      await stage.site.pass(EXPIRY_MS);
      return undefined;
    });
    expect(await add(tab, "on its way")).toBe("added");
    expect(stage.site.notes.added.filter((title) => title === "on its way")).toHaveLength(1);
    expect([refreshes(), stage.site.door.seen.filter(({ path }) => path.startsWith("/notes/add")).length]).toEqual([
      1, 2,
    ]);
  });
});

test("client case 24: a page does not repeat a mutation whose reply was lost", async () => {
  const tab = await signedIn();
  await who(tab);
  stage.site.door.forget();
  stage.site.door.decide(({ path }) => (path.startsWith("/notes/add") ? "lose-reply" : undefined));
  expect(await add(tab, "lost reply")).toBe("network");
  expect(stage.site.notes.added.filter((title) => title === "lost reply")).toHaveLength(1);
  expect(stage.site.door.seen.map(({ path }) => path.split("?")[0])).toEqual(["/notes/add"]);
});

describe("a page on a laptop that slept", () => {
  test("client case 14: past the expiry of its access token refreshes before its next call", async () => {
    const tab = await signedIn();
    await stage.site.pass(EXPIRY_MS);
    await setClock(tab, EXPIRY_MS);
    expect(await add(tab, "awake")).toBe("added");
    expect([refreshes(), stage.site.door.seen.filter(({ path }) => path.startsWith("/notes/")).length]).toEqual([1, 1]);
  });

  test("client case 14: with ten tabs, all refresh before their next call, by one rotation", async () => {
    const tabs = await signedInTabs(stage.site, stage.context, 10);
    const account = await accountOf(tabs[0] as Tab);
    const generation = generationIn((await stage.context.cookies())[0]?.value ?? "") ?? Number.NaN;
    for (const tab of tabs) await setVisibility(tab, "hidden");
    await stage.site.pass(EXPIRY_MS);
    for (const tab of tabs) await setClock(tab, EXPIRY_MS);
    const wake = async (tab: Tab) => {
      await setVisibility(tab, "visible");
      return await who(tab);
    };
    const called = await stage.site.atOneMoment(() => Promise.all(tabs.map(wake)));
    expect(called).toEqual(tabs.map(() => account));
    expect([refreshes(), stage.site.door.seen.filter(({ path }) => path.startsWith("/notes/")).length]).toEqual([
      10, 10,
    ]);
    expect(generationsOf(stage.site.door.to("/auth/session/refresh"))).toEqual([generation + 1]);
    for (const tab of tabs) expect(await tab.happenings()).toMatchObject({ accounts: [], warnings: [] });
  });

  test("client case 14: and wakes offline says so, knows who is signed in, and goes on by itself when it is online", async () => {
    const tab = await signedIn();
    const { status: _, ...known } = await tab.state();
    await stage.context.setOffline(true);
    await setClock(tab, EXPIRY_MS);
    await stage.site.pass(EXPIRY_MS);
    expect(await add(tab, "offline")).toBe("network");
    expect(await tab.state()).toEqual({ status: "offline", ...known, expiresAt: expect.any(Number) });
    await stage.context.setOffline(false);
    await expect.poll(() => tab.state(), { timeout: 20_000 }).toEqual({ status: "signed-in", ...known });
    expect((await tab.happenings()).states).toEqual(["refreshing", "offline", "signed-in"]);
    expect(await add(tab, "online")).toBe("added");
    expect(stage.site.notes.added).not.toContain("offline");
  });

  test("client case 14: past the end of its session is signed out", async () => {
    const tab = await signedIn();
    await stage.site.pass(15 * DAY_MS);
    await setClock(tab, 15 * DAY_MS);
    expect(await add(tab, "too late")).not.toBe("added");
    expect(await tab.state()).toEqual({ status: "signed-out" });
    expect((await tab.happenings()).accounts).toEqual([undefined]);
  });

  test.each([
    ["an hour ahead: one refresh", HOUR_MS, 1],
    ["an hour back: none", -HOUR_MS, 0],
  ])("client case 15: goes on when its clock is set, %s", async (_name, by, expected) => {
    const tab = await signedIn();
    await setClock(tab, by);
    for (let call = 0; call < 5; call += 1) expect(await who(tab)).toBe(await accountOf(tab));
    expect(refreshes()).toBe(expected);
  });
});

test.each([
  ["has not gone off", 0],
  ["goes off only now", EXPIRY_MS],
])(
  "client case 16: a page in the background, whose throttled timer %s, refreshes once when it is shown, before its first call",
  async (_name, late) => {
    const page = await stage.context.newPage();
    await makeTimersSettable(page);
    await page.goto(stage.site.origin);
    const tab = await begin(stage.site, page);
    await tab.run((client, account) => client.signUp(account), newAccount());
    // What nobody uses is not renewed by the clock.
    const account = await who(tab);
    await setVisibility(tab, "hidden");
    stage.site.door.forget();
    await stage.site.pass(EXPIRY_MS);
    await setClock(tab, EXPIRY_MS);
    const [, , called] = await Promise.all([setVisibility(tab, "visible"), passTimers(tab, late), who(tab)]);
    expect(called).toBe(account);
    const asked = stage.site.door.seen.map(({ path }) => path.split("?")[0]);
    expect(asked).toEqual(["/auth/session/refresh", "/notes/who"]);
    expect(await tab.happenings()).toMatchObject({ accounts: [account], warnings: [] });
  },
);

describe("a page whose browser", () => {
  test.each([
    [
      "blocks storage",
      "Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })",
    ],
    [
      "has no room left in it",
      "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
  ])("client case 12: %s signs in, stays so after loading, and signs out", async (_name, script) => {
    await stage.context.addInitScript(script);
    const tab = await openTab(stage.site, stage.context);
    await tab.run((client, account) => client.signUp(account), newAccount());
    await tab.page.reload();
    const again = await begin(stage.site, tab.page);
    expect(await again.ready()).toMatchObject({ status: "signed-in" });
    expect(await who(again)).toBe(await accountOf(again));
    await again.run((client) => client.session.end());
    expect(await again.state()).toEqual({ status: "signed-out" });
    expect(await stage.context.cookies()).toEqual([]);
  });

  test("client case 12: was cleared by its owner goes on while its token is good, and then is signed out", async () => {
    const tab = await signedIn();
    const account = await accountOf(tab);
    await stage.context.clearCookies();
    await tab.page.evaluate("localStorage.clear()");
    expect(await who(tab)).toBe(account);
    await stage.site.pass(EXPIRY_MS);
    expect(await add(tab, "after clearing")).not.toBe("added");
    expect(await tab.state()).toEqual({ status: "signed-out" });
    expect(await tab.happenings()).toMatchObject({ accounts: [undefined], warnings: ["refresh_rejected"] });
  });

  test("client case 22: calls a listener that refreshes, signs out and throws, is signed out and no more", async () => {
    const tab = await signedIn();
    const states = await tab.run(async ({ session }) => {
      const heard: string[] = [];
      const ended = new Promise<void>((resolve) => {
        session.subscribe(({ status }) => {
          heard.push(status);
          if (status === "signed-out") resolve();
          if (heard.length === 1) void session.refresh();
          if (heard.length === 2) void session.end();
          throw new Error("of the app");
        });
      });
      await session.refresh();
      await ended;
      return heard;
    });
    expect(states.at(-1)).toBe("signed-out");
    expect((await tab.happenings()).warnings).toContain("listener");
    await expect.poll(() => stage.context.cookies()).toEqual([]);
  });
});
