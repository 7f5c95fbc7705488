import { readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "../packages/client/src/testing/chromium.ts";
import { freePort } from "../packages/client/src/testing/free-port.ts";
import { packed } from "./testing/packed.ts";
import { type Started, start } from "./testing/started.ts";

const { examples } = await packed();
// Another folder than the one whose program visits it at the same time, and so another issuer.
const cwd = join(examples, "ssr-in-a-browser");
const password = "seven plums in winter";

let origin: string;
let server: Started;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  await cp(join(examples, "ssr"), cwd, { recursive: true, filter: (path) => !/\/data$/.test(path) });
  origin = `https://localhost:${await freePort()}`;
  server = await start(["serve.ts"], /\/auth\/setup#/, { cwd, env: { APP_URL: origin } });
  browser = await openChromium(readFileSync(join(cwd, "data/leaf.pem"), "utf8"));
  context = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

const heading = (page: Page) => page.getByRole("heading").textContent();

test("an app whose pages are rendered on a server signs in, adds a note, and is signed out in all tabs", async () => {
  const page = await open();
  const signUp = page.locator("form[data-action=sign-up]");
  await signUp.locator("[name=email]").fill("ann@example.com");
  await signUp.locator("[name=name]").fill("Ann");
  await signUp.locator("[name=password]").fill("short");
  await signUp.getByRole("button").click();
  await page.getByRole("alert").filter({ hasText: "password_unsuitable" }).waitFor();
  await signUp.locator("[name=password]").fill(password);
  await signUp.getByRole("button").click();
  await page.getByRole("heading", { name: "Notes of Ann" }).waitFor();

  const second = await open();
  expect(await heading(second)).toBe("Notes of Ann");
  await second.locator("[name=text]").fill("<seven> plums");
  await second.getByRole("button", { name: "Add" }).click();
  await second.getByRole("listitem").filter({ hasText: "<seven> plums" }).waitFor();
  expect(await second.evaluate("document.cookie")).toBe("");

  await second.getByRole("button", { name: "Sign out" }).click();
  await second.getByRole("heading", { name: "Who is there?" }).waitFor();
  await page.reload();
  expect(await heading(page)).toBe("Who is there?");
});
