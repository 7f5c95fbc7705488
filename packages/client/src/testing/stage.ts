import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { openChromium } from "./chromium.ts";
import type { Kind } from "./chromium-setup.ts";
import { openSite, type TimedSite } from "./site.ts";

/** What the tests of one file play on. */
export interface Stage {
  readonly site: TimedSite;
  readonly browser: Browser;
  /** Of one test: cookies and storage of its own. */
  readonly context: BrowserContext;
}

/**
 * A site and a browser for all tests of a file, and a context for each of them, in which the site's door has seen nothing
 * yet and lets everything through. To be called at the top of the file.
 */
export function openStage(open: () => Promise<TimedSite> = () => openSite(), kind?: Kind): Stage {
  let site: TimedSite;
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    site = await open();
    browser = await openChromium(site.certificate, kind);
  });
  beforeEach(async () => {
    context = await browser.newContext();
    for (const door of [site.door, site.authDoor]) door.forget();
  });
  afterEach(async () => {
    for (const door of [site.door, site.authDoor]) door.forwardAll();
    await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  return {
    get site() {
      return site;
    },
    get browser() {
      return browser;
    },
    get context() {
      return context;
    },
  };
}
