import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpsGet } from "./testing/https-get.ts";
import { type Person, personAt } from "./testing/person.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type RestartableServer, startServer } from "./testing/server.ts";

let server: RestartableServer;
let home: string;
let ann: Person;

beforeAll(async () => {
  server = await startServer();
  home = makeScratchFolder();
  ann = personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir });
  await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, "seven plums in winter");
});

afterAll(async () => {
  await server?.stop();
  rmSync(home, { recursive: true });
});

test("a server that goes away ends no session: 7, and when it is back all is as before", async () => {
  await server.down();
  expect(await ann.run("whoami")).toMatchObject({ code: 7, stdout: "" });
  await server.up();
  expect(await ann.run("whoami")).toMatchObject({ code: 0 });
});

test("client case 19: a sign-out that the server could not hear of is said to be so, holds here, and is told at the next command", async () => {
  const token = (await ann.run("token")).stdout.trim();
  const status = async () => (await httpsGet(server, "/trpc/account.me", token)).status;
  const [session] = JSON.parse((await ann.run("sessions list --json")).stdout);
  await server.down();
  const { code, stderr } = await ann.run("logout");
  expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining("signed out here") });
  expect(stderr).toContain(`countersign sessions end ${session.id}`);
  expect(await ann.run("token")).toMatchObject({ code: 3 });
  await server.up();
  expect(await status()).toBe(200);
  expect(await ann.run("whoami")).toMatchObject({ code: 3 });
  expect(await status()).toBe(401);
});
