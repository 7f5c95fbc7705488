import type { Tab } from "./tab.ts";

/** Hides a page or shows it, as it sees it: in a browser without windows every page is shown for ever. */
export async function setVisibility({ page }: Tab, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "visibilityState", { configurable: true, value: "${state}" });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  `);
}
