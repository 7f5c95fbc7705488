import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openChromium } from "./testing/chromium.ts";
import { newAccount } from "./testing/house.ts";
import { openSite, type Site } from "./testing/site.ts";
import { begin, openTab } from "./testing/tab.ts";

let site: Site;
let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  site = await openSite({}, "bound");
  browser = await openChromium(site.certificate);
});
beforeEach(async () => {
  context = await browser.newContext();
  site.door.forget();
});
afterEach(() => context.close());
afterAll(async () => {
  await browser?.close();
  await site.close();
});

const refreshes = () => site.door.to("/auth/session/refresh").map(({ reply = "" }) => JSON.parse(reply).error ?? "ok");
const refresh = (client: { session: { refresh(): Promise<void> } }) => client.session.refresh();
/** Takes the keys away, as a browser does that needs room. */
const loseKeys = `new Promise((resolve, reject) => {
  const opening = indexedDB.open("countersign");
  opening.onerror = reject;
  opening.onsuccess = () => {
    const keys = opening.result.transaction("keys", "readwrite").objectStore("keys");
    keys.clear().onsuccess = () => { opening.result.close(); resolve(); };
  };
})`;

describe("a page in bound mode", () => {
  test("client case 28: two first pages make one key, whoever is faster", async () => {
    for (let round = 0; round < 3; round += 1) {
      const fresh = await browser.newContext();
      const tabs = await Promise.all([openTab(site, fresh), openTab(site, fresh)]);
      const accounts = tabs.map(() => newAccount());
      await Promise.all(tabs.map((tab, at) => tab.run((client, account) => client.signUp(account), accounts[at])));
      site.door.forget();
      // Whosever session it is by now: each page can renew it.
      for (const tab of tabs) await tab.run(refresh);
      expect(new Set(refreshes())).toEqual(new Set(["ok"]));
      await fresh.close();
    }
  });

  test("keeps a key that no script can read, and is signed in again after it was loaded anew", async () => {
    const tab = await openTab(site, context);
    await tab.run((client, account) => client.signUp(account), newAccount());
    const before = await tab.state();
    expect(await context.cookies()).toEqual([]);
    const extractable = await tab.page.evaluate(`new Promise((resolve) => {
      indexedDB.open("countersign").onsuccess = ({ target }) => {
        target.result.transaction("keys").objectStore("keys").getAll().onsuccess = (event) =>
          resolve(event.target.result.map(({ privateKey }) => privateKey.extractable));
      };
    })`);
    expect(extractable).toEqual([false]);
    await tab.page.reload();
    const again = await begin(site, tab.page);
    expect(await again.ready()).toEqual(before);
    await again.run(refresh);
    expect(refreshes()).toEqual(["ok"]);
  });

  test("client case 28: that lost its key says so, and can sign in again", async () => {
    const tab = await openTab(site, context);
    const account = newAccount();
    await tab.run((client, given) => client.signUp(given), account);
    await tab.page.evaluate(loseKeys);
    await tab.page.reload();
    const again = await begin(site, tab.page);
    await again.ready();
    expect(await again.run((client) => client.session.refresh().catch((error) => error.reason))).toBe("key_mismatch");
    expect((await again.happenings()).warnings).toEqual(["refresh_rejected"]);
    await again.run((client, given) => client.signIn(given), account);
    await again.run(refresh);
    expect(await again.state()).toMatchObject({ status: "signed-in" });
  });
});
