import { expect, test } from "vitest";
import { openChromium } from "../testing/chromium.ts";
import { openSoakSite, soak } from "../testing/soak.ts";

test("five tabs live through lost replies, killed servers and jumping clocks: nobody is signed out, nothing is done twice", async () => {
  const site = await openSoakSite();
  const browser = await openChromium(site.certificate);
  const soaked = await soak(site, browser, { seconds: 12 });
  await browser.close();
  await site.close();
  expect(soaked).toMatchObject({ signedOut: [], duplicates: [], missing: [] });
  for (const happened of [soaked.lost, soaked.restarts, soaked.jumps]) expect(happened).toBeGreaterThan(0);
  expect(soaked.done).toBeGreaterThan(soaked.asked / 2);
}, 120_000);
