import type { TRPCClient } from "@trpc/client";
import type { BrowserContext, Page } from "playwright-core";
import type { CountersignClient } from "../create-client.ts";
import type { SessionState, SessionWarning } from "../session/session-state.ts";
import type { NotesRouter } from "./notes.ts";
import { APP, type Site } from "./site.ts";

/** What happens to the session of a page, in order. */
interface Happenings {
  readonly states: SessionState["status"][];
  readonly accounts: (string | undefined)[];
  readonly warnings: SessionWarning["kind"][];
}

/** One page of the app in a browser, and the client that it has. */
export interface Tab {
  readonly page: Page;
  /** Does something in the page. What is done and what it is given must be self-contained. */
  run<Result, Input = undefined>(
    work: (client: CountersignClient, input: Input, notes: TRPCClient<NotesRouter>) => Result | Promise<Result>,
    input?: Input,
  ): Promise<Result>;
  /** As `session.ready()` says. */
  ready(): Promise<SessionState>;
  state(): Promise<SessionState>;
  happenings(): Promise<Happenings>;
}

/** Opens the app in a tab of its own, which makes a client at once, as apps do. */
export async function openTab(site: Site, context: BrowserContext, path = "/"): Promise<Tab> {
  const page = await context.newPage();
  await page.goto(site.origin + path);
  return await begin(site, page);
}

/** Makes the client of a page that was loaded, anew or again. */
export async function begin(site: Site, page: Page): Promise<Tab> {
  const tab = await beginBeside(site, page, "app");
  await page.evaluate("void Object.assign(globalThis, app)");
  return tab;
}

/**
 * Makes another client in a page.
 *
 * @param name of the global that holds it
 * @param make the function of the page that makes it
 */
export async function beginBeside(site: Site, page: Page, name: string, make = "createClient"): Promise<Tab> {
  await page.evaluate(`{
    const client = ${make}({ url: "${site.auth}", client: "${APP}", mode: "${site.mode}" });
    const notes = client.connect({
      url: "${site.origin}/notes",
      audience: "${site.origin}/notes",
      transformer: superjson,
    });
    const happenings = { states: [], accounts: [], warnings: [] };
    client.session.subscribe(({ status }) => happenings.states.push(status));
    client.session.onAccountChange((account) => happenings.accounts.push(account));
    client.session.onWarning(({ kind }) => happenings.warnings.push(kind));
    globalThis.${name} = { client, notes, happenings };
  }`);
  const evaluate = <Result>(script: string) => page.evaluate(script) as Promise<Result>;
  return {
    page,
    run: (work, input) => evaluate(`(${work})(${name}.client, ${JSON.stringify(input)}, ${name}.notes)`),
    ready: () => evaluate(`${name}.client.session.ready()`),
    state: () => evaluate(`${name}.client.session.state`),
    happenings: () => evaluate(`${name}.happenings`),
  };
}
