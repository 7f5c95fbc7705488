import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "../packages/client/src/testing/chromium.ts";
import { freePort } from "../packages/client/src/testing/free-port.ts";
import { output } from "./testing/command.ts";
import { packed } from "./testing/packed.ts";
import { type Started, start } from "./testing/started.ts";
import { terminalAppIn } from "./testing/terminal-app.ts";

const { newest, examples } = await packed();
const cwd = join(examples, "react");
const vite = join(newest, "node_modules/vite/bin/vite.js");
const password = "seven plums in winter";

let origin: string;
let api: Started;
let pages: Started;
let browser: Browser;
let context: BrowserContext;
/** What pages of the app asked for, and what went wrong in them. */
const requests: Request[] = [];
const broken: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  origin = `https://localhost:${port}`;
  const env = { APP_URL: origin, API_PORT: `${await freePort()}` };
  api = await start(["server/main.ts"], /\/auth\/setup#/, { cwd, env });
  await output(process.execPath, [vite, "build", "--logLevel=error"], { cwd, env });
  pages = await start([vite, "preview"], /Local:/, { cwd, env });
  browser = await openChromium(readFileSync(join(cwd, "data/leaf.pem"), "utf8"));
  context = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  for (const one of [pages, api]) await one?.stop();
});

/** The app in a tab of its own. */
async function open(): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => broken.push(String(error)));
  page.on("request", (request) => requests.push(request));
  await page.goto(origin);
  return page;
}

/** By the terminal app of an administrator, who is made first. */
async function grantWriter(email: string): Promise<void> {
  const env = {
    COUNTERSIGN_URL: `${origin}/auth`,
    NODE_EXTRA_CA_CERTS: join(cwd, "data/ca.pem"),
    XDG_CONFIG_HOME: join(cwd, "data/config"),
  };
  const countersign = (args: readonly string[], input?: string) =>
    output(process.execPath, [terminalAppIn(newest), ...args], { cwd: newest, env, input });
  const [link = ""] = /https:\S+\/setup#[\w-]+/.exec(api.told) ?? [];
  const administrator = ["--email", "root@example.com", "--name", "Root", "--password-stdin"];
  await countersign(["setup", link, ...administrator], password);
  await countersign(["roles", "grant", email, "writer"]);
}

test("a React app in cookie mode shows what one may do, adds a note, and is signed out in all tabs at once", async () => {
  const page = await open();
  const button = (name: string) => page.getByRole("button", { name });
  await page.getByLabel("E-mail").fill("ann@example.com");
  await page.getByLabel("Password").fill(password);
  await button("Sign in").click();
  expect(await page.getByRole("alert").textContent()).toContain("No account");

  await button("New here?").click();
  await page.getByLabel("Name").fill("Ann");
  await button("Make an account").click();
  await page.getByText("Nobody has written").waitFor();
  // The app knows what she may do, and shows no more.
  await page.getByText("You may read.").waitFor();
  expect(await button("Add").count()).toBe(0);

  await grantWriter("ann@example.com");
  await page.reload();
  await page.getByLabel("Note").fill("seven, in winter");
  await button("Add").click();
  const note = page.getByRole("listitem").filter({ hasText: "seven, in winter" });
  expect(await note.getByRole("time").getAttribute("datetime")).toMatch(/^\d{4}-.*Z$/);
  await expect.poll(() => page.getByLabel("Note").inputValue()).toBe("");
  expect(await page.getByText("You may read.").count()).toBe(0);

  const second = await open();
  await second.getByText("seven, in winter").waitFor();
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ name: "__Host-cs-web", httpOnly: true, secure: true });
  const sent = requests.map((request) => request.headers()["authorization"]?.replace("Bearer ", ""));
  const tokens = [...new Set(sent), cookie?.value].filter((token) => token !== undefined);
  // Two audiences, and the cookie.
  expect(tokens.length).toBeGreaterThanOrEqual(3);
  const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");
  const seen = [kept, ...requests.map((request) => request.url())].join("\n");
  expect(tokens.filter((token) => seen.includes(token))).toEqual([]);

  await second.getByRole("button", { name: "Sign out" }).click();
  await button("Sign in").waitFor();
  expect(await page.getByText("seven, in winter").count()).toBe(0);
  expect(broken).toEqual([]);
});

test("in development its pages' server gives away neither the master key nor the accounts", async () => {
  const development = `https://localhost:${await freePort()}`;
  const server = await start([vite], /Local:/, { cwd, env: { APP_URL: development } });
  const { request } = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    expect(await (await request.get(`${development}/src/main.tsx`)).text()).toContain("createRoot");
    const files = ["master-key", "issuer.db", "leaf-key.pem"].map((name) => join("data", name));
    const paths = files.flatMap((file) => [`/${file}`, `/${file}?import&raw`, `/@fs${join(cwd, file)}`]);
    const statuses = await Promise.all(
      paths.map(async (path) => [path, (await request.get(development + path)).status()]),
    );
    expect(statuses).toEqual(paths.map((path) => [path, 403]));
  } finally {
    await server.stop();
  }
});
