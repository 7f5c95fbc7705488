import type { BrowserContext, Page } from "playwright-core";
import type { Tab } from "./tab.ts";

/** Lets tests set the wall clock of this context's pages. The monotonic one goes on, as if the machine had slept. */
export async function makeClockSettable(context: BrowserContext): Promise<void> {
  await context.addInitScript("const now = Date.now; globalThis.setBy = 0; Date.now = () => now() + setBy;");
}

/** Sets a page's clock, forward or back. */
export async function setClock({ page }: Tab, milliseconds: number): Promise<void> {
  await page.evaluate(`setBy += ${milliseconds}`);
}

/** Lets a test say when this page's long timers go off; those below a second go by themselves. */
export async function makeTimersSettable(page: Page): Promise<void> {
  await page.addInitScript(`
    const [set, clear] = [setTimeout, clearTimeout];
    const waiting = new Map();
    let [time, last] = [0, 1e9];
    globalThis.setTimeout = (callback, wait = 0, ...rest) => {
      if (wait < 1_000) return set(callback, wait, ...rest);
      waiting.set(++last, { callback, at: time + wait });
      return last;
    };
    globalThis.clearTimeout = (id) => void (waiting.delete(id) || clear(id));
    globalThis.passTimers = (milliseconds) => {
      time += milliseconds;
      for (const [id, { callback, at }] of waiting) {
        if (at <= time && waiting.delete(id)) callback();
      }
    };
  `);
}

/** Time goes by for a page's long timers. */
export async function passTimers({ page }: Tab, milliseconds: number): Promise<void> {
  await page.evaluate(`passTimers(${milliseconds})`);
}
