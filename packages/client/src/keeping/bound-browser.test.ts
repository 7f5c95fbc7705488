import { describe, expect, test } from "vitest";
import type { Door } from "../testing/door.ts";
import { newAccount } from "../testing/house.ts";
import { loseKeys } from "../testing/lost-keys.ts";
import { makeClockSettable, setClock } from "../testing/page-clock.ts";
import { accountOf, EXPIRY_MS, who } from "../testing/signed-in-tabs.ts";
import { openSite } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import { begin, openTab, type Tab } from "../testing/tab.ts";

const stage = openStage(() => openSite({}, "bound"));

/** What was asked, beside the questions that browsers ask before a request to another site. */
const asked = (door: Door, path: string) => door.to(path).filter(({ method }) => method !== "OPTIONS");
const refreshes = () =>
  asked(stage.site.authDoor, "/auth/session/refresh").map(({ reply = "" }) => JSON.parse(reply).error ?? "ok");
/** Under which schemes tokens came to the API. */
const schemes = () => [
  ...new Set(asked(stage.site.door, "/notes/who").map(({ authorization = "" }) => authorization.split(" ")[0])),
];
const signedUp = async (): Promise<Tab> => {
  const tab = await openTab(stage.site, stage.context);
  await tab.run((client, account) => client.signUp(account), newAccount());
  return tab;
};
const refresh = (client: { session: { refresh(): Promise<void> } }) => client.session.refresh();
/** Pages whose connection is lost where a store is needed: `times` in all, unless `globalThis.failing` is set anew. */
const failing = (store: string, times: number) =>
  stage.context.addInitScript(`
    const { transaction } = IDBDatabase.prototype;
    globalThis.failing = ${times};
    IDBDatabase.prototype.transaction = function (names, ...rest) {
      if (![names].flat().includes("${store}") || globalThis.failing-- <= 0) return transaction.call(this, names, ...rest);
      throw new DOMException("Connection to Indexed Database server lost", "UnknownError");
    };
  `);

describe("a page in bound mode", () => {
  test("is on another site than its issuer, and proves each request", async () => {
    expect(new URL(stage.site.origin).hostname).not.toBe(new URL(stage.site.auth).hostname);
    const tab = await signedUp();
    expect(await who(tab)).toBe(await accountOf(tab));
    await tab.run(refresh);
    expect(await who(tab)).toBe(await accountOf(tab));
    expect([refreshes(), schemes()]).toEqual([["ok"], ["DPoP"]]);
    expect(await stage.context.cookies()).toEqual([]);
    // Which other sites may read at all, and what of it, the issuer says.
    const [before] = stage.site.authDoor.to("/auth/session/refresh");
    expect(before?.method).toBe("OPTIONS");
  });

  test("client case 28: with a clock that goes wrong takes the nonce of an issuer on another site, and of its API", async () => {
    await makeClockSettable(stage.context);
    const tab = await signedUp();
    await setClock(tab, -3_600_000);
    await tab.run(refresh);
    expect(await who(tab)).toBe(await accountOf(tab));
    expect(refreshes()).toEqual(["use_dpop_nonce", "ok"]);
    expect(asked(stage.site.door, "/notes/who")).toHaveLength(2);
    await tab.run(refresh);
    expect(await who(tab)).toBe(await accountOf(tab));
    expect(refreshes()).toEqual(["use_dpop_nonce", "ok", "ok"]);
  });

  test("client case 12: whose browser blocks IndexedDB is signed in for as long as it is open, and can sign in again", async () => {
    await stage.context.addInitScript("indexedDB.open = () => { throw new DOMException('no', 'SecurityError'); }");
    const tab = await openTab(stage.site, stage.context);
    const account = newAccount();
    await tab.run((client, given) => client.signUp(given), account);
    await tab.run(refresh);
    expect(await who(tab)).toBe(await accountOf(tab));
    expect(new Set((await tab.happenings()).warnings)).toEqual(new Set(["storage"]));
    await tab.page.reload();
    const again = await begin(stage.site, tab.page);
    expect(await again.ready()).toEqual({ status: "signed-out" });
    expect(await again.run((client) => client.session.refresh().catch((error) => error.reason))).toBe("no_token");
    await again.run((client, given) => client.signIn(given), account);
    expect(await who(again)).toBe(await accountOf(again));
  });

  test("client case 12: whose IndexedDB never answers is signed in for as long as it is open", async () => {
    await stage.context.addInitScript("indexedDB.open = () => ({})");
    const tab = await signedUp();
    await tab.run(refresh);
    expect(await who(tab)).toBe(await accountOf(tab));
    await tab.run((client) => client.session.end());
    expect(await tab.state()).toEqual({ status: "signed-out" });
  });

  test.each(["keys", "tokens"])(
    "client case 12: that loses its connection to IndexedDB once reads its %s all the same",
    async (store) => {
      const tab = await signedUp();
      const before = await tab.state();
      await failing(store, 1);
      await tab.page.reload();
      const again = await begin(stage.site, tab.page);
      expect(await again.ready()).toEqual(before);
      await again.run(refresh);
      expect(await again.page.evaluate("globalThis.failing < 1")).toBe(true);
      expect(await again.happenings()).toMatchObject({ warnings: [] });
      expect(refreshes()).toEqual(["ok"]);
    },
  );

  test("client case 12: that cannot read its key for a while keeps its session, and goes on after that", async () => {
    const tab = await signedUp();
    const before = await tab.state();
    await failing("keys", 1_000);
    await tab.page.reload();
    const again = await begin(stage.site, tab.page);
    await again.ready();
    const renewed = () => again.run((client) => client.session.refresh().catch((error) => error.reason));
    expect(await renewed()).toBe("network");
    expect(await again.state()).toMatchObject({ status: "offline", account: "account" in before && before.account });
    expect(refreshes()).toEqual([]);
    await again.page.evaluate("globalThis.failing = 0");
    // Once it has cooled down.
    await expect.poll(renewed, { timeout: 5_000 }).toBeUndefined();
    expect(await again.state()).toEqual(before);
    expect(await again.happenings()).toMatchObject({ warnings: [] });
  });

  test("client case 12: whose browser takes back what it has written says so", async () => {
    await stage.context.addInitScript(`
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...entry) {
        const request = put.apply(this, entry);
        if (this.name === "tokens") request.addEventListener("success", () => this.transaction.abort());
        return request;
      };
    `);
    const tab = await signedUp();
    expect(await who(tab)).toBe(await accountOf(tab));
    expect((await tab.happenings()).warnings).toEqual(["storage"]);
  });

  test("client case 28: two first pages make one key, whoever is faster", async () => {
    for (let round = 0; round < 3; round += 1) {
      const fresh = await stage.browser.newContext();
      const tabs = await Promise.all([openTab(stage.site, fresh), openTab(stage.site, fresh)]);
      const accounts = tabs.map(() => newAccount());
      await Promise.all(tabs.map((tab, at) => tab.run((client, account) => client.signUp(account), accounts[at])));
      stage.site.authDoor.forget();
      // Whosever session it is by now: each page can renew it.
      for (const tab of tabs) await tab.run(refresh);
      expect(new Set(refreshes())).toEqual(new Set(["ok"]));
      await fresh.close();
    }
  });

  test("keeps a key that no script can read, and is signed in again after it was loaded anew", async () => {
    const tab = await signedUp();
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
    await loseKeys(tab);
    await tab.page.reload();
    const again = await begin(stage.site, tab.page);
    await again.ready();
    expect(await again.run((client) => client.session.refresh().catch((error) => error.reason))).toBe("key_mismatch");
    expect((await again.happenings()).warnings).toEqual(["refresh_rejected"]);
    await again.run((client, given) => client.signIn(given), account);
    await again.run(refresh);
    expect(await again.state()).toMatchObject({ status: "signed-in" });
  });

  // The last one: from here on the servers are ahead.
  test("past the expiry of its access token renews it before its next call", async () => {
    const tab = await signedUp();
    await stage.site.pass(EXPIRY_MS);
    expect(await who(tab)).toBe(await accountOf(tab));
    expect(await tab.happenings()).toMatchObject({ warnings: [] });
    expect(refreshes().at(-1)).toBe("ok");
    expect(schemes()).toEqual(["DPoP"]);
  });
});
