import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, personAt } from "./testing/person.ts";
import { startResidentCli } from "./testing/resident-cli.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";

const home = makeScratchFolder();
const cli = startResidentCli();
let server: Server;
let ann: Person;

beforeAll(async () => {
  server = await startServer();
  ann = personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir }, cli.run);
  await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, "seven plums in winter");
});
afterAll(async () => {
  await cli.stop();
  await server?.stop();
  rmSync(home, { recursive: true });
});

const ring = async (): Promise<{ kid: string; status: string }[]> =>
  JSON.parse((await ann.run("keys list --json")).stdout);
const signing = async () => (await ring()).find(({ status }) => status === "current")?.kid ?? "";

test("keys are listed, also for who is not signed in", async () => {
  const { stdout } = await ann.run("keys list --profile nobody");
  expect(stdout).toMatch(/^ID +ALGORITHM +STATUS +MAY SIGN FROM +SIGNED FROM +TO\n/);
  expect(stdout.match(/EdDSA +next /g)).toHaveLength(2);
  expect(stdout).toMatch(new RegExp(`${await signing()} +EdDSA +current `));
});

test("6: rotating before a successor may sign, in words", async () => {
  expect(await ann.run("keys rotate")).toMatchObject({
    code: 6,
    stdout: "",
    stderr: expect.stringMatching(
      /No successor has been published for an hour yet.*\nIn \d+ min it may work.\n.*countersign keys list/,
    ),
  });
});

test("revoking the key that signed one's own token: the next command gets another, and nobody is asked", async () => {
  const kid = await signing();
  expect(await ann.run(`keys revoke ${kid} --yes`)).toMatchObject({ code: 0, stdout: "", stderr: "Revoked.\n" });
  expect(await ann.run("whoami")).toMatchObject({ code: 0, stdout: expect.stringContaining("ann@example.com") });
  expect(await signing()).not.toBe(kid);
  expect((await ring()).map((key) => key.kid)).not.toContain(kid);
  expect(await ann.run(`keys revoke ${kid} --yes`)).toMatchObject({ code: 6 });
  expect(await ann.run("keys revoke short --yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("<key-id> is a key's ID from `countersign keys list`"),
  });
});
