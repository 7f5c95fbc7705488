import { parseArgs } from "node:util";
import { openChromium } from "../src/testing/chromium.ts";
import { openSite } from "../src/testing/site.ts";
import { SOAK_LIFE_S, soak } from "../src/testing/soak.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "600" } } });
const site = await openSite({ lifetimes: { accessToken: SOAK_LIFE_S } });
const browser = await openChromium(site.certificate);
const soaked = await soak(site, browser, Number(values.seconds));
await browser.close();
await site.close();
process.stdout.write(`${JSON.stringify(soaked, undefined, 2)}\n`);
const { signedOut, duplicates, missing } = soaked;
if (signedOut.length + duplicates.length + missing.length > 0) process.exitCode = 1;
