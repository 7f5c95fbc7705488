import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, personAt } from "./testing/person.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type ShortLivedServer, startShortLivedServer } from "./testing/short-lived-server.ts";

/** Longer than the server bears with an expired token, and than it answers all refreshes alike. */
const A_MINUTE_MS = 60_000;
const PASSWORD = "seven plums in winter";

let server: ShortLivedServer;
let home: string;
let ann: Person;

beforeAll(async () => {
  // Every command finds its access token expired, or about to, and has to renew it.
  server = await startShortLivedServer(1);
  home = makeScratchFolder();
  ann = personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir });
  const setUp = await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, PASSWORD);
  expect(setUp).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await server?.stop();
  rmSync(home, { recursive: true });
});

test("client case 1: commands at the same moment with one expired token all succeed by one rotation, round after round", async () => {
  for (const generation of [1, 2, 3, 4]) {
    server.pass(A_MINUTE_MS);
    const ran = await Promise.all(Array.from({ length: 4 }, () => ann.run("whoami --json")));
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ran.map(() => ({ code: 0, stderr: "" })));
    expect(server.generations()).toEqual([generation]);
  }
  // Of those that come soon after, some find the new token expired: that is no reason to rotate again.
  for (let later = 0; later < 4; later += 1) expect(await ann.run("whoami")).toMatchObject({ code: 0 });
  expect(server.generations()).toEqual([4]);
  expect(await ann.run("sessions list --json").then(({ stdout }) => JSON.parse(stdout))).toHaveLength(1);
});

test("client case 21: a sign-out among parallel commands is final", async () => {
  await Promise.all([ann.run("whoami"), ann.run("whoami"), ann.run("logout"), ann.run("whoami")]);
  expect(await ann.run("whoami")).toMatchObject({ code: 3 });
  expect(await ann.run("token")).toMatchObject({ code: 3, stdout: "" });
});
