import { expect, test } from "vitest";
import { openChromium } from "./testing/chromium.ts";
import { openSite } from "./testing/site.ts";
import { SOAK_LIFE_S, soak } from "./testing/soak.ts";

test("five tabs live through lost replies, restarts and jumping clocks: nobody is signed out, nothing is done twice", async () => {
  const site = await openSite({ lifetimes: { accessToken: SOAK_LIFE_S } });
  const browser = await openChromium(site.certificate);
  const soaked = await soak(site, browser, 15);
  await browser.close();
  await site.close();
  expect(soaked).toMatchObject({ signedOut: [], duplicates: [], missing: [] });
  expect(soaked.lost).toBeGreaterThan(0);
  expect(soaked.done).toBeGreaterThan(soaked.asked / 2);
}, 120_000);
