import { describe, expect, test } from "vitest";
import { newAccount } from "./testing/house.ts";
import { openSite } from "./testing/site.ts";
import { openStage } from "./testing/stage.ts";
import { begin, openTab } from "./testing/tab.ts";

const stage = openStage(() => openSite({}, "bound"));

const refreshes = () =>
  stage.site.door.to("/auth/session/refresh").map(({ reply = "" }) => JSON.parse(reply).error ?? "ok");
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
      const fresh = await stage.browser.newContext();
      const tabs = await Promise.all([openTab(stage.site, fresh), openTab(stage.site, fresh)]);
      const accounts = tabs.map(() => newAccount());
      await Promise.all(tabs.map((tab, at) => tab.run((client, account) => client.signUp(account), accounts[at])));
      stage.site.door.forget();
      // Whosever session it is by now: each page can renew it.
      for (const tab of tabs) await tab.run(refresh);
      expect(new Set(refreshes())).toEqual(new Set(["ok"]));
      await fresh.close();
    }
  });

  test("keeps a key that no script can read, and is signed in again after it was loaded anew", async () => {
    const tab = await openTab(stage.site, stage.context);
    await tab.run((client, account) => client.signUp(account), newAccount());
    const before = await tab.state();
    expect(await stage.context.cookies()).toEqual([]);
    const extractable = await tab.page.evaluate(`new Promise((resolve) => {
      indexedDB.open("countersign").onsuccess = ({ target }) => {
        target.result.transaction("keys").objectStore("keys").getAll().onsuccess = (event) =>
          resolve(event.target.result.map(({ privateKey }) => privateKey.extractable));
      };
    })`);
    expect(extractable).toEqual([false]);
    await tab.page.reload();
    const again = await begin(stage.site, tab.page);
    expect(await again.ready()).toEqual(before);
    await again.run(refresh);
    expect(refreshes()).toEqual(["ok"]);
  });

  test("client case 28: that lost its key says so, and can sign in again", async () => {
    const tab = await openTab(stage.site, stage.context);
    const account = newAccount();
    await tab.run((client, given) => client.signUp(given), account);
    await tab.page.evaluate(loseKeys);
    await tab.page.reload();
    const again = await begin(stage.site, tab.page);
    await again.ready();
    expect(await again.run((client) => client.session.refresh().catch((error) => error.reason))).toBe("key_mismatch");
    expect((await again.happenings()).warnings).toEqual(["refresh_rejected"]);
    await again.run((client, given) => client.signIn(given), account);
    await again.run(refresh);
    expect(await again.state()).toMatchObject({ status: "signed-in" });
  });
});
