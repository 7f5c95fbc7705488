import type { BrowserContext } from "playwright-core";
import { newAccount } from "./house.ts";
import type { Site } from "./site.ts";
import { openTab, type Tab } from "./tab.ts";

/** Longer than an access token lives. */
export const EXPIRY_MS = 6 * 60_000;

/** Tabs of one browser, in all of which one person is signed in. Nothing has happened in them yet. */
export async function signedInTabs(site: Site, context: BrowserContext, tabs: number): Promise<Tab[]> {
  const first = await openTab(site, context);
  await first.run((client, account) => client.signUp(account), newAccount());
  const others = Array.from({ length: tabs - 1 }, () => openTab(site, context));
  const all = [first, ...(await Promise.all(others))];
  for (const tab of all) {
    const { status } = await tab.ready();
    if (status !== "signed-in") throw new Error(`a tab is ${status}`);
    await tab.page.evaluate("for (const list of Object.values(happenings)) list.length = 0");
  }
  site.door.forget();
  return all;
}

export const statusOf = async (tab: Tab) => (await tab.state()).status;

export async function accountOf(tab: Tab): Promise<string | undefined> {
  const state = await tab.state();
  return "account" in state ? state.account : undefined;
}

/** A call of the API, and who it says that one is. */
export const who = (tab: Tab) => tab.run(async (_client, _input, notes) => (await notes.who.query()).account);

/** A mutation of the API: `added`, or why not. */
export const add = (tab: Tab, title: string) =>
  tab.run(async (_client, input, notes) => {
    const { reasonOf } = globalThis as unknown as typeof import("../errors.ts");
    return await notes.add.mutate({ title: input }).then(() => "added", reasonOf);
  }, title);
