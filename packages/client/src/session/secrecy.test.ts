import { inspect } from "node:util";
import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryStorage, type TokenStorage } from "../keeping/storage.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { KEPT } from "../testing/key.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterEach(() => house.auth.forwardAll());
afterAll(() => house.close());

/** Everything that a look inside shows, whatever is asked for. */
const insideOf = (value: unknown) =>
  inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null });

/** The tokens of a session, whole, and what is secret in them. */
async function secretsOf(storage: TokenStorage): Promise<string[]> {
  const { refreshToken, tokens } = JSON.parse((await storage.get(KEPT)) ?? "");
  const accessTokens: string[] = tokens.map((token: { accessToken: string }) => token.accessToken);
  const parts = accessTokens.flatMap((token) => token.split(".").slice(1));
  return [refreshToken, refreshToken.split(".").at(-1), ...accessTokens, ...parts];
}

const expectNone = (text: string, secrets: readonly string[]) => {
  expect(secrets.length).toBeGreaterThan(3);
  expect(secrets.filter((secret) => text.includes(secret) || text.includes(secret.slice(0, 16)))).toEqual([]);
};

describe("client case 31: no token or part of one", () => {
  let storage: TokenStorage;
  let person: Person;
  beforeEach(async () => {
    storage = memoryStorage();
    person = await house.person({ storage, world: createTestWorld({ pace: 20 }) });
    await person.session.accessToken(NOTES);
    house.auth.forget();
    house.notesDoor.forget();
  });

  test("is in what a look at the client shows", async () => {
    const secrets = await secretsOf(storage);
    expectNone(insideOf(person), secrets);
    expectNone(insideOf(person.session), secrets);
    expectNone(insideOf(person.session.link()), secrets);
    expectNone(insideOf(person.session.fetch), secrets);
    expectNone(JSON.stringify([person, person.session, person.session.state]), secrets);
  });

  test("is in what listeners hear", async () => {
    const secrets = await secretsOf(storage);
    const heard: unknown[] = [];
    person.session.subscribe((state) => heard.push(state));
    person.session.onAccountChange((...told) => heard.push(told));
    person.session.onWarning((warning) => heard.push(warning));
    house.auth.decide(() => ({ status: 400, body: '{"error":"invalid_grant"}' }));
    await person.session.refresh().catch((error: unknown) => heard.push(error));
    await person.session.end();
    expect(heard.length).toBeGreaterThan(4);
    expectNone(insideOf(heard), secrets);
  });

  test.each<["cut" | { status: number; body: string }]>([
    ["cut"],
    [{ status: 502, body: "<h1>Bad gateway</h1>" }],
    [{ status: 400, body: '{"error":"invalid_client"}' }],
  ])("is in an error, of the session or of a call (%j)", async (fate) => {
    const secrets = await secretsOf(storage);
    const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson });
    house.auth.decide(() => fate);
    const errors = [
      await person.session.refresh().catch((error: unknown) => error),
      await notes.purge.mutate().catch((error: unknown) => error),
      await notes.moody.mutate({ title: "" }).catch((error: unknown) => error),
      await person.api.account.me.query().catch((error: unknown) => error),
    ];
    for (const error of errors) expect(error).toBeInstanceOf(Error);
    expectNone(insideOf(errors), secrets);
    expectNone(errors.map((error) => `${error} ${(error as Error).stack}`).join("\n"), secrets);
  });

  test("is in the error of a request that took too long", async () => {
    const hurried = house.client({ storage, timeout: 100 });
    await hurried.session.ready();
    const secrets = await secretsOf(storage);
    house.auth.decide(() => "hang");
    const error = await hurried.session.refresh().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ reason: "network" });
    expectNone(insideOf(error), secrets);
  });

  test("is in a warning of a storage that writes it into its errors", async () => {
    const warnings: unknown[] = [];
    const talkative = house.client({
      storage: {
        ...memoryStorage(),
        set: (key, value) => {
          warnings.push("set");
          throw new Error(`cannot keep ${key}: ${value}`);
        },
      },
    });
    talkative.session.onWarning((warning) => warnings.push(warning));
    await talkative.signIn(person.account);
    expect(warnings).toEqual(["set", { kind: "storage", operation: "set", problem: "failed" }]);
  });

  test("is in a URL", async () => {
    const secrets = await secretsOf(storage);
    const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch: "together" });
    await Promise.all([notes.who.query(), notes.add.mutate({ title: "a" }), person.api.account.me.query()]);
    await person.session.refresh();
    await person.session.end();
    const urls = [...house.auth.seen, ...house.notesDoor.seen].map(({ path }) => path);
    expect(urls.length).toBeGreaterThan(4);
    expectNone(urls.join("\n"), secrets);
  });

  test("is printed", async () => {
    const secrets = await secretsOf(storage);
    const outputs = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    const methods = (["log", "info", "warn", "error", "debug"] as const).map((name) => vi.spyOn(console, name));
    house.auth.decide(() => "cut");
    await person.session.refresh().catch(() => undefined);
    house.auth.forwardAll();
    await person.session.end();
    const printed = insideOf([...outputs, ...methods].flatMap((spy) => spy.mock.calls as unknown[]));
    vi.restoreAllMocks();
    expectNone(printed, secrets);
    expect(methods.flatMap((spy) => spy.mock.calls)).toEqual([]);
  });
});

test("a reply with a token that no header can carry is no reply", async () => {
  const person = await house.person({ world: createTestWorld({ pace: 20 }) });
  const token = "two lines";
  house.auth.decide(({ path }) =>
    path === "/session/refresh" ? { status: 200, body: JSON.stringify(replyWith(token)) } : undefined,
  );
  const error = await person.session.refresh().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ reason: "unknown", status: 200 });
  expect(insideOf(error)).not.toContain(token);

  function replyWith(access_token: string) {
    const tokens = [{ audience: "https://auth.test", access_token, expires_in: 300, scope: "", token_type: "Bearer" }];
    return { account: "a", session: "s", server_time: 1, session_end: 2, refresh_token: "r", tokens };
  }
});
