import { parseArgs } from "node:util";
import { openChromium } from "../src/testing/chromium.ts";
import { openSoakSite, type Soaked, soak } from "../src/testing/soak.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "600" } } });
const print = (line: string) => process.stdout.write(`${line}\n`);
const line = ({ asked, done, refreshes, lost, restarts, jumps, ...wrong }: Soaked) =>
  `calls ${asked}, done ${done}, refreshes ${refreshes}, lost replies ${lost}, restarts ${restarts}, clock jumps ${jumps}, ` +
  `sign-outs ${wrong.signedOut.length}, duplicates ${wrong.duplicates.length}, missing ${wrong.missing.length}`;

const site = await openSoakSite();
const browser = await openChromium(site.certificate, "whole");
let minutes = 0;
const report = (soaked: Soaked) => {
  minutes += 1;
  print(`minute ${minutes}: ${line(soaked)}`);
};
const soaked = await soak(site, browser, { seconds: Number(values.seconds), report });
await browser.close();
await site.close();

const faults = [...soaked.signedOut, ...soaked.duplicates, ...soaked.missing];
print(`all: ${line(soaked)}`);
for (const fault of faults) print(fault);
print(faults.length === 0 ? "passed: nobody was signed out, nothing was done twice or lost" : "failed");
process.exitCode = faults.length === 0 ? 0 : 1;
