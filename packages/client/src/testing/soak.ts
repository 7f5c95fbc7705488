import { randomInt } from "node:crypto";
import type { Browser } from "playwright-core";
import type { Fate } from "./door.ts";
import { makeClockSettable, setClock } from "./page-clock.ts";
import { add, signedInTabs } from "./signed-in-tabs.ts";
import { type MortalSite, openMortalSite } from "./site.ts";
import type { Tab } from "./tab.ts";

const TABS = 5;
const HOUR_MS = 3_600_000;
const LONGEST_PAUSE_MS = 300;
/** Between two things that happen to the servers and the clocks, at most. */
const LONGEST_PEACE_MS = 2_000;

/** What a soak has counted so far. */
export interface Soaked {
  /** Mutations that were asked for, and those of which a page knows that they were done. */
  readonly asked: number;
  readonly done: number;
  readonly refreshes: number;
  /** Replies and requests that were lost on purpose, how often the issuer was killed, and how often a clock was set. */
  readonly lost: number;
  readonly restarts: number;
  readonly jumps: number;
  /** All of these must be empty: tabs that were signed out for a moment, mutations done twice, and known but not done. */
  readonly signedOut: readonly string[];
  readonly duplicates: readonly string[];
  readonly missing: readonly string[];
}

export interface SoakOptions {
  readonly seconds: number;
  /** Is told each minute how it goes. */
  readonly report?: (soaked: Soaked) => void;
}

/** A site for soaks: access tokens live for 5 seconds. */
export const openSoakSite = () => openMortalSite({ lifetimes: { accessToken: 5 } });

const happens = (percent: number) => randomInt(100) < percent;

/** Five tabs work while replies are lost, the issuer is killed and started anew, and clocks jump. */
export async function soak(site: MortalSite, browser: Browser, { seconds, report }: SoakOptions): Promise<Soaked> {
  const context = await browser.newContext();
  await makeClockSettable(context);
  const tabs = await signedInTabs(site, context, TABS);
  const until = performance.now() + seconds * 1000;
  const goesOn = () => performance.now() < until;
  const pause = (longest: number) => new Promise((resolve) => setTimeout(resolve, randomInt(longest)));
  const counts = { asked: 0, lost: 0, restarts: 0, jumps: 0 };
  const done: string[] = [];

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
      counts.asked += 1;
      if ((await add(tab, title)) === "added") done.push(title);
      await pause(LONGEST_PAUSE_MS);
    }
  };
  const restart = async () => {
    counts.restarts += 1;
    await site.restart();
  };
  const jump = async () => {
    counts.jumps += 1;
    await setClock(tabs[randomInt(TABS)] as Tab, happens(50) ? HOUR_MS : -HOUR_MS);
  };
  const peace = async () => {};
  const trouble = async () => {
    const turns = [jump, restart, peace, jump, peace];
    for (let turn = 0; goesOn(); turn += 1) {
      await turns[turn % turns.length]?.();
      await pause(LONGEST_PEACE_MS);
    }
  };
  /** Tabs whose session was over, or somebody else's, at any moment. */
  const findSignedOut = async () => {
    const lives = await Promise.all(tabs.map((tab) => tab.happenings()));
    return lives.flatMap(({ states, accounts }, at) =>
      states.includes("signed-out") || accounts.length > 0 ? [`tab ${at}: ${states.join(" ")}`] : [],
    );
  };
  const count = async (): Promise<Soaked> => {
    const added = new Set(site.notes.added);
    return {
      ...counts,
      done: done.length,
      refreshes: site.door.to("/auth/session/refresh").length,
      signedOut: await findSignedOut(),
      duplicates: site.notes.added.length === added.size ? [] : repeated(site.notes.added),
      missing: done.filter((title) => !added.has(title)),
    };
  };

  const reporting = report && setInterval(() => void count().then(report), 60_000);
  await Promise.all([trouble(), ...tabs.map(work)]);
  clearInterval(reporting);

  site.door.forwardAll();
  await Promise.all(tabs.map(comeToRest));
  const soaked = await count();
  await context.close();
  return soaked;
}

/** Has a tab ask for a token until it has one, or is signed out: its last renewal may have failed just now. */
async function comeToRest(tab: Tab): Promise<void> {
  await tab.run(async ({ session }) => {
    while (session.state.status !== "signed-out") {
      const isThere = await session.accessToken().then(Boolean, () => false);
      if (isThere) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
}

function repeated(titles: readonly string[]): string[] {
  const seen = new Set<string>();
  return titles.filter((title) => seen.size === seen.add(title).size);
}
