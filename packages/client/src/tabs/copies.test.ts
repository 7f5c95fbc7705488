import { expect, test } from "vitest";
import { generationIn, generationsOf } from "../testing/generations.ts";
import { newAccount } from "../testing/house.ts";
import { makeTimersSettable, passTimers } from "../testing/page-clock.ts";
import { accountOf, EXPIRY_MS, statusOf, who } from "../testing/signed-in-tabs.ts";
import { COPY } from "../testing/site.ts";
import { openStage } from "../testing/stage.ts";
import { begin, beginBeside, type Tab } from "../testing/tab.ts";

const stage = openStage();

const refreshes = () => stage.site.door.to("/auth/session/refresh");
/** Within the second that PROTOCOL allows. */
const withinASecond = { timeout: 1_000, interval: 20 };

/** What tells a page, or a client in it, to look for news. */
const NEWS = `
  for (const type of ["storage", "pageshow", "online"]) dispatchEvent(new Event(type));
  document.dispatchEvent(new Event("visibilitychange"));
`;

/** A page whose timers a test sets, with somebody new who is signed in, and with another copy of the SDK: `createCopy`. */
async function openPage(): Promise<Tab> {
  const page = await stage.context.newPage();
  await makeTimersSettable(page);
  await page.goto(stage.site.origin);
  const tab = await begin(stage.site, page);
  await tab.run((client, account) => client.signUp(account), newAccount());
  const isAnother = await page.evaluate(`(async () => {
    const first = createClient;
    await import("${COPY}/app-page.js");
    [globalThis.createCopy, globalThis.createClient] = [createClient, first];
    return createCopy !== createClient;
  })()`);
  expect(isAnother).toBe(true);
  stage.site.door.forget();
  return tab;
}

const beginCopy = ({ page }: Tab, name: string) => beginBeside(stage.site, page, name, "createCopy");

test("client case 30: two copies of the SDK in one page renew by one rotation, and follow each other", async () => {
  const first = await openPage();
  const second = await beginCopy(first, "second");
  await second.ready();
  expect(await accountOf(second)).toBe(await accountOf(first));
  const generation = generationIn((await stage.context.cookies())[0]?.value ?? "") ?? Number.NaN;
  stage.site.door.forget();
  await stage.site.pass(EXPIRY_MS);
  const called = await stage.site.atOneMoment(() => Promise.all([first, second].map(who)));
  expect(called).toEqual(Array(2).fill(await accountOf(first)));
  expect(generationsOf(refreshes())).toEqual([generation + 1]);
  await second.run((client) => client.session.end());
  await expect.poll(() => statusOf(first), withinASecond).toBe("signed-out");
  await first.run((client, account) => client.signUp(account), newAccount());
  await expect.poll(() => accountOf(second), withinASecond).toBe(await accountOf(first));
});

test("client case 30: a copy that is disposed makes no request by itself any more, and hears of nothing", async () => {
  const first = await openPage();
  const [early, used] = [await beginCopy(first, "early"), await beginCopy(first, "used")];
  await early.run((client) => client.dispose());
  // What was under way still ends well.
  expect([(await early.ready()).status, (await used.ready()).status]).toEqual(["signed-in", "signed-in"]);
  for (const copy of [early, used]) await who(copy);
  await used.run((client) => client.dispose());
  const heard = await Promise.all([early, used].map((copy) => copy.happenings()));
  const control = await beginCopy(first, "control");
  await control.ready();
  stage.site.door.forget();
  // The others have not used their session, so that they do not renew it either.
  await passTimers(first, EXPIRY_MS);
  await first.page.evaluate(NEWS);
  await first.run((client) => client.session.refresh());
  expect(stage.site.door.seen.map(({ path }) => path)).toEqual(["/auth/session/refresh"]);
  await first.run((client) => client.session.end());
  await first.page.evaluate(NEWS);
  // Whatever the others heard of, they heard before this one, which was made last.
  await expect.poll(() => statusOf(control), withinASecond).toBe("signed-out");
  expect(await Promise.all([early, used].map(statusOf))).toEqual(["signed-in", "signed-in"]);
  expect(await Promise.all([early, used].map((copy) => copy.happenings()))).toEqual(heard);
});
