import { describe, expect, test } from "vitest";
import { newAccount } from "./testing/house.ts";
import { openSite, PARTS } from "./testing/site.ts";
import { openStage } from "./testing/stage.ts";
import { begin, openTab, type Tab } from "./testing/tab.ts";

/** What came of something that may fail: `done`, or why not. */
const outcome = (tab: Tab, work: string) => tab.page.evaluate(`(${work})().then(() => "done", reasonOf)`);

describe.each(["cookie", "bound"] as const)("a part that cannot be loaded, in mode %s", (mode) => {
  const stage = openStage(() => openSite({}, mode));

  /** The app in one more tab, which finds no parts beyond those that a page begins with. */
  async function tabWithoutParts(): Promise<Tab> {
    const { site, context } = stage;
    const page = await context.newPage();
    await page.goto(site.origin);
    site.door.decide(({ path }) => (path.startsWith(PARTS) ? { status: 404 } : undefined));
    return await begin(site, page);
  }

  test("is a network that failed: nobody is signed out, and the next call tries again", async () => {
    const first = await openTab(stage.site, stage.context);
    await first.run((client, account) => client.signUp(account), newAccount());
    const { status: _, ...known } = await first.state();
    const tab = await tabWithoutParts();
    const { status } = await tab.ready();
    expect(status).toBe(mode === "cookie" ? "signed-in" : "unknown");
    for (let time = 0; time < 2; time += 1) expect(await outcome(tab, "() => notes.who.query()")).toBe("network");
    stage.site.door.forwardAll();
    expect(await outcome(tab, "() => notes.who.query()")).toBe("done");
    expect(await tab.state()).toEqual({ ...known, status: "signed-in" });
  });

  test("is a sign-in that failed for want of a network, and may be tried again", async () => {
    const tab = await tabWithoutParts();
    const account = newAccount();
    const signUp = `() => client.signUp(${JSON.stringify(account)})`;
    expect(await outcome(tab, signUp)).toBe("network");
    stage.site.door.forwardAll();
    expect(await outcome(tab, signUp)).toBe("done");
    expect(await tab.state()).toMatchObject({ status: "signed-in" });
  });
});
