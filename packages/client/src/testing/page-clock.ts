import type { BrowserContext } from "playwright-core";
import type { Tab } from "./tab.ts";

/** Lets tests set the wall clock of this context's pages. The monotonic one goes on, as if the machine had slept. */
export async function makeClockSettable(context: BrowserContext): Promise<void> {
  await context.addInitScript("const now = Date.now; globalThis.setBy = 0; Date.now = () => now() + setBy;");
}

/** Sets a page's clock, forward or back. */
export async function setClock({ page }: Tab, milliseconds: number): Promise<void> {
  await page.evaluate(`setBy += ${milliseconds}`);
}
