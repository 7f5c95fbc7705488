import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CountersignClient, createClient } from "../create-client.ts";
import { type Door, openDoor, type Seen } from "../testing/door.ts";
import { AUTH, newAccount } from "../testing/house.ts";
import type { ServerProcess } from "../testing/server-process.ts";
import { createStandaloneProcess } from "../testing/standalone-process.ts";
import { createTestWorld } from "../testing/test-world.ts";

let server: ServerProcess;
let door: Door;
let client: CountersignClient;
const account = newAccount();
const world = createTestWorld();
/** Longer than the slowest machine takes to start a server. */
const PATIENCE_MS = 60_000;

beforeAll(async () => {
  server = await createStandaloneProcess(AUTH);
  await server.start();
  door = await openDoor(() => server.origin);
  const through: typeof fetch = (input, init) => fetch(String(input).replace(AUTH, door.origin), init);
  client = createClient({ url: AUTH, fetch: through, world, timeout: PATIENCE_MS });
  await client.signUp(account);
});
beforeEach(() => {
  door.forwardAll();
  door.forget();
});
afterAll(async () => {
  client?.dispose();
  await door?.close();
  await server?.close();
});

const refreshes = () => door.to("/session/refresh");
const sentToken = (seen: Seen | undefined): string => JSON.parse(seen?.body ?? "{}").refresh_token;
const answeredToken = (seen: Seen | undefined): string => JSON.parse(seen?.reply ?? "{}").refresh_token;
/** As if in no time: how long this machine takes to start a server is no part of what is shown. */
const restart = async () => {
  const before = world.monotonic();
  await server.kill();
  await server.start();
  world.pass(before - world.monotonic());
};
/** The session has survived, is the only one, and can be renewed. */
const expectAllWell = async () => {
  expect(client.session.state.status).toBe("signed-in");
  expect((await client.api.account.me.query()).email).toBe(account.email);
  await client.session.refresh();
  expect(await client.api.account.sessions.query()).toHaveLength(1);
};

describe("client case 5: the server is killed and restarted during a refresh", { timeout: 2 * PATIENCE_MS }, () => {
  test("before it commits: the same token is presented again and renewed", async () => {
    let isFirst = true;
    door.decide(async ({ path }) => {
      if (path !== "/session/refresh" || !isFirst) return undefined;
      isFirst = false;
      await restart();
      return "cut";
    });
    await client.session.refresh();
    const [cut, renewed] = refreshes();
    expect(cut?.reply).toBeUndefined();
    expect(sentToken(renewed)).toBe(sentToken(cut));
    await expectAllWell();
  });

  test("between commit and reply: the same token is presented again and gets the same successor", async () => {
    let isFirst = true;
    door.decide(({ path }) => {
      if (path !== "/session/refresh" || !isFirst) return undefined;
      isFirst = false;
      return { afterReply: restart, lose: true };
    });
    await client.session.refresh();
    const [lost, repeated] = refreshes();
    expect(sentToken(repeated)).toBe(sentToken(lost));
    expect(answeredToken(repeated)).toBe(answeredToken(lost));
    await expectAllWell();
  });

  test("after commit and reply: what was answered holds", async () => {
    door.decide(({ path }) => (path === "/session/refresh" ? { afterReply: restart, lose: false } : undefined));
    await client.session.refresh();
    expect(refreshes()).toHaveLength(1);
    door.forwardAll();
    await expectAllWell();
    expect(sentToken(refreshes()[1])).toBe(answeredToken(refreshes()[0]));
  });

  test("while nobody is there at all: the session is offline, and kept until the server is back", async () => {
    await server.kill();
    await expect(client.session.refresh()).rejects.toMatchObject({ reason: "network" });
    expect(client.session.state.status).toBe("offline");
    await server.start();
    // Signing in anew is not needed; the token of before is.
    const sent = sentToken(refreshes()[0]);
    await expect
      .poll(() =>
        client.session.refresh().then(
          () => "renewed",
          () => "not yet",
        ),
      )
      .toBe("renewed");
    expect(sentToken(refreshes().at(-1))).toBe(sent);
    await expectAllWell();
  });
});
