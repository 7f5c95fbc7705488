import type { Request } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { gate } from "../testing/gate.ts";
import { newAccount } from "../testing/house.ts";
import { EXPIRY_MS, signedInTabs } from "../testing/signed-in-tabs.ts";
import { openStage } from "../testing/stage.ts";
import { begin, openTab, type Tab } from "../testing/tab.ts";

const stage = openStage();

/** What pages listen to, and have open. */
const COUNTING = `
  globalThis.live = { listeners: 0, channels: 0 };
  const types = ["storage", "pageshow", "online", "pagehide", "visibilitychange"];
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (types.includes(type)) live.listeners += 1;
    return addEventListener.call(this, type, ...rest);
  };
  EventTarget.prototype.removeEventListener = function (type, ...rest) {
    if (types.includes(type)) live.listeners -= 1;
    return removeEventListener.call(this, type, ...rest);
  };
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(name) {
      super(name);
      live.channels += 1;
    }
    close() {
      super.close();
      live.channels -= 1;
    }
  };
`;

let broken: string[];
/** A tab of the same browser, and one with the app in it; somebody new is signed in in both. */
let other: Tab;
let tab: Tab;
let account: string;
beforeEach(async () => {
  broken = [];
  await stage.context.addInitScript(COUNTING);
  [other] = (await signedInTabs(stage.site, stage.context, 1)) as [Tab];
  tab = await openTab(stage.site, stage.context, "/react");
  tab.page.on("pageerror", (error) => broken.push(String(error)));
  const state = await tab.ready();
  account = "account" in state ? state.account : "";
  stage.site.door.forget();
});

const mount = () => tab.page.evaluate("mountApp(client, notes)");
const shown = () => tab.page.locator("#app").textContent();
const shows = (text: string) => expect.poll(shown, { timeout: 10_000 }).toBe(text);
const toNotes = (request: Request) => request.url().includes("/notes/");
const greeting = (whose = account) => `${whose} says hello to ${whose}`;
const refreshes = () => stage.site.door.to("/auth/session/refresh").length;
const calls = () => stage.site.door.seen.flatMap(({ path }) => /^\/notes\/([\w,]+)/.exec(path)?.[1]?.split(",") ?? []);
/** The app's module is evaluated anew, and makes another client. */
async function reload({ dispose }: { readonly dispose: boolean }): Promise<void> {
  await tab.page.evaluate("globalThis.former = client");
  tab = await begin(stage.site, tab.page);
  await mount();
  if (dispose) await tab.page.evaluate("former.dispose()");
  await shows(greeting());
}

describe("queries that suspend (useSuspenseQuery)", () => {
  test("client case 2: with a token that has expired, are asked once more after one refresh, in strict mode as well", async () => {
    await tab.run((_client, _input, notes) => notes.who.query());
    await stage.site.pass(EXPIRY_MS);
    stage.site.door.forget();
    const at = gate();
    stage.site.door.decide(async ({ path }) => {
      if (path === "/auth/session/refresh") await at.pass();
      return undefined;
    });
    await mount();
    await at.reached;
    await shows("loading");
    at.open();
    await shows(greeting());
    expect(refreshes()).toBe(1);
    expect(calls().sort()).toEqual(["hello", "who", "who"]);
    expect(broken).toEqual([]);
  });

  test("client case 18, corpus 66: and wait while another tab signs out show nobody, and nothing when their answer comes", async () => {
    const at = gate();
    stage.site.door.decide(({ path }) =>
      path.startsWith("/notes/") ? { afterReply: at.pass, lose: false } : undefined,
    );
    await mount();
    await at.reached;
    await shows("loading");
    // The page takes the answer, or has given the request up by then.
    const over = Promise.race([
      tab.page.waitForEvent("requestfinished", toNotes),
      tab.page.waitForEvent("requestfailed", toNotes),
    ]);
    await other.run((client) => client.session.end());
    await shows("nobody");
    at.open();
    await over;
    expect(await shown()).toBe("nobody");
    expect(broken).toEqual([]);
  });

  test("and fail are told by their reason at the nearest boundary", async () => {
    stage.site.door.decide(({ path }) => (path.startsWith("/notes/") ? { status: 502, body: "<html>" } : undefined));
    await mount();
    await shows("failed: unknown");
  });
});

test("client case 20, corpus 66: who signs in instead sees neither the data nor the drafts of the one before", async () => {
  await mount();
  await shows(greeting());
  await tab.page.getByPlaceholder("draft").fill("a secret of somebody's");
  await tab.run((client, next) => client.signUp(next), newAccount());
  const state = await tab.state();
  const next = "account" in state ? state.account : "";
  expect(next).not.toBe(account);
  await shows(greeting(next));
  expect(await tab.page.getByPlaceholder("draft").inputValue()).toBe("");
});

describe("client case 30: a hot reload, which makes another client", () => {
  test("and disposes of the one before: nothing is left of that, however often", async () => {
    await mount();
    await shows(greeting());
    const live = await tab.page.evaluate("({ ...live })");
    for (let time = 0; time < 5; time += 1) await reload({ dispose: true });
    expect(await tab.page.evaluate("({ ...live })")).toEqual(live);
    await other.run((client) => client.session.end());
    await shows("nobody");
    expect(broken).toEqual([]);
  });

  test("beside the one before, which nobody disposed of: one refresh for what is shown, and both go on", async () => {
    await mount();
    await shows(greeting());
    await reload({ dispose: false });
    await stage.site.pass(EXPIRY_MS);
    stage.site.door.forget();
    await tab.run((_client, _input, notes) => notes.who.query());
    expect(refreshes()).toBe(1);
    expect(await tab.page.evaluate("former.session.refresh().then(() => former.session.state.status)")).toBe(
      "signed-in",
    );
    expect((await tab.state()).status).toBe("signed-in");
    await tab.run((client) => client.session.end());
    await shows("nobody");
    await expect.poll(() => tab.page.evaluate("former.session.state.status")).toBe("signed-out");
    expect(broken).toEqual([]);
  });

  test("and unmounted in strict mode, React leaves nothing behind", async () => {
    const live = await tab.page.evaluate("({ ...live })");
    await mount();
    await shows(greeting());
    await tab.page.evaluate("unmountApp()");
    await expect.poll(() => tab.page.evaluate("({ ...live })")).toEqual(live);
    await tab.run((client) => client.session.end());
    expect(broken).toEqual([]);
  });
});
