import { randomInt } from "node:crypto";
import type { Browser } from "playwright-core";
import type { Fate } from "./door.ts";
import { makeClockSettable, setClock } from "./page-clock.ts";
import { accountOf, add, signedInTabs, who } from "./signed-in-tabs.ts";
import type { Site } from "./site.ts";
import type { Tab } from "./tab.ts";

/** Seconds that an access token lives in a soak. */
export const SOAK_LIFE_S = 5;

const TABS = 5;
const HOUR_MS = 3_600_000;
const LONGEST_PAUSE_MS = 300;

/** What a soak counted. */
interface Soaked {
  /** Mutations that were asked for, and those of which a page knows that they were done. */
  readonly asked: number;
  readonly done: number;
  readonly refreshes: number;
  /** Replies and requests that were lost on purpose, and how often the issuer was started anew or a clock was set. */
  readonly lost: number;
  readonly restarts: number;
  readonly jumps: number;
  /** All of these must be empty: tabs that were signed out for a moment, mutations done twice, and known but not done. */
  readonly signedOut: readonly string[];
  readonly duplicates: readonly string[];
  readonly missing: readonly string[];
}

const happens = (percent: number) => randomInt(100) < percent;

/**
 * Five tabs work while replies are lost, the issuer restarts and clocks jump. The site must have access tokens that live
 * for `SOAK_LIFE_S`.
 */
export async function soak(site: Site, browser: Browser, seconds: number): Promise<Soaked> {
  const context = await browser.newContext();
  await makeClockSettable(context);
  const tabs = await signedInTabs(site, context, TABS);
  const account = await accountOf(tabs[0] as Tab);
  const until = performance.now() + seconds * 1000;
  const goesOn = () => performance.now() < until;
  const pause = (longest: number) => new Promise((resolve) => setTimeout(resolve, randomInt(longest)));
  const asked: string[] = [];
  const done: string[] = [];
  const counts = { lost: 0, restarts: 0, jumps: 0 };

  site.door.decide(({ path }): Fate | undefined => {
    const isRefresh = path === "/auth/session/refresh";
    if (!happens(isRefresh ? 25 : 3)) return undefined;
    counts.lost += 1;
    if (isRefresh && happens(20)) return { status: 502, body: "<html>" };
    return happens(30) ? "cut" : "lose-reply";
  });

  const work = async (tab: Tab, at: number) => {
    for (let call = 0; goesOn(); call += 1) {
      const title = `tab ${at}, call ${call}`;
      asked.push(title);
      if ((await add(tab, title)) === "added") done.push(title);
      await pause(LONGEST_PAUSE_MS);
    }
  };
  const trouble = async () => {
    while (goesOn()) {
      await pause(2_000);
      if (happens(20)) {
        counts.restarts += 1;
        await site.restart();
      } else if (happens(30)) {
        counts.jumps += 1;
        await setClock(tabs[randomInt(TABS)] as Tab, happens(50) ? HOUR_MS : -HOUR_MS);
      }
    }
  };
  await Promise.all([trouble(), ...tabs.map(work)]);

  site.door.forwardAll();
  const signedOut: string[] = [];
  for (const [at, tab] of tabs.entries()) {
    const { states, accounts } = await tab.happenings();
    const isSignedIn = (await tab.run((client) => client.session.accessToken())) !== undefined;
    const isOver = !isSignedIn || (await accountOf(tab)) !== account || accounts.length > 0;
    if (isOver || states.includes("signed-out")) signedOut.push(`tab ${at}: ${states.join(" ")}`);
    else await who(tab);
  }
  await context.close();
  return {
    asked: asked.length,
    done: done.length,
    refreshes: site.door.to("/auth/session/refresh").length,
    ...counts,
    signedOut,
    duplicates: site.notes.added.filter((title, at, all) => all.indexOf(title) !== at),
    missing: done.filter((title) => !site.notes.added.includes(title)),
  };
}
