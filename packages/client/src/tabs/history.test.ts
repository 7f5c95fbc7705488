import { expect, test } from "vitest";
import { signedInTabs, statusOf } from "../testing/signed-in-tabs.ts";
import { openSite } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import type { Tab } from "../testing/tab.ts";

const stage = openStage(() => openSite(), "whole");

test("client case 13: a page that comes back from the browser's history knows who has signed out meanwhile", async () => {
  const [first, second] = (await signedInTabs(stage.site, stage.context, 2)) as [Tab, Tab];
  await second.page.evaluate("globalThis.isRestored = true");
  await second.page.goto(`${stage.site.origin}/elsewhere`);
  await first.run((client) => client.session.end());
  await second.page.goBack({ waitUntil: "commit" });
  expect(await second.page.evaluate("globalThis.isRestored")).toBe(true);
  await expect.poll(() => statusOf(second), { timeout: 1_000, interval: 20 }).toBe("signed-out");
});
