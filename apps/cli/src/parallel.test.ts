import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, personAt } from "./testing/person.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import type { Server } from "./testing/server.ts";
import { startShortLivedServer } from "./testing/short-lived-server.ts";

const PASSWORD = "seven plums in winter";

let server: Server;
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

test("client case 1: commands at the same moment with one expired token all succeed, round after round", async () => {
  for (let round = 0; round < 4; round++) {
    const ran = await Promise.all(Array.from({ length: 4 }, () => ann.run("whoami --json")));
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ran.map(() => ({ code: 0, stderr: "" })));
  }
  expect(await ann.run("sessions list --json").then(({ stdout }) => JSON.parse(stdout))).toHaveLength(1);
});

test("client case 21: a sign-out among parallel commands is final", async () => {
  await Promise.all([ann.run("whoami"), ann.run("whoami"), ann.run("logout"), ann.run("whoami")]);
  expect(await ann.run("whoami")).toMatchObject({ code: 3 });
  expect(await ann.run("token")).toMatchObject({ code: 3, stdout: "" });
});
