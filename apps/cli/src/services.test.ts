import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, personAt } from "./testing/person.ts";
import { startResidentCli } from "./testing/resident-cli.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";

const ANN = "seven plums in winter";
const home = makeScratchFolder();
const cli = startResidentCli();
let server: Server;
let ann: Person;

beforeAll(async () => {
  server = await startServer();
  ann = personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir }, cli.run);
  await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, ANN);
});
afterAll(async () => {
  await cli.stop();
  await server?.stop();
  rmSync(home, { recursive: true });
});

const json = async (args: string) => JSON.parse((await ann.run(`${args} --json`)).stdout);

test("a service is made, gets a second secret, loses the first, and goes", async () => {
  const made = await ann.run("services create notes-api --permission feed:read");
  expect(made).toMatchObject({ code: 0, stderr: "The secret is not shown again.\n" });
  const [id = "", secret, end] = made.stdout.split("\n");
  expect({ id, secret, end }).toEqual({
    id: expect.stringMatching(/^[\w-]{22}$/),
    secret: expect.stringMatching(/^[\w-]{43}$/),
    end: "",
  });

  const [{ secrets }] = await json("services list");
  const rotated = await json(`services rotate ${id}`);
  expect(rotated).toMatchObject({ id, ended: [] });
  const [{ secrets: both }] = await json("services list");
  expect(both.map((one: { id: string }) => one.id)).toEqual([rotated.secret.id, secrets[0].id]);
  expect(await ann.run(`services revoke ${id} ${secrets[0].id}`)).toMatchObject({ code: 0, stderr: "Ended.\n" });

  const { stdout } = await ann.run("services list");
  expect(stdout).toMatch(new RegExp(`${id} +notes-api +feed:read +${rotated.secret.id} \\(never\\)\\n$`));
  expect(stdout).not.toContain(secret);
  expect(await ann.run(`services disable ${id}`)).toMatchObject({ code: 0, stderr: "Disabled.\n" });
  expect(await ann.run(`services enable ${id}`)).toMatchObject({ code: 0, stderr: "Enabled.\n" });
  expect(await ann.run(`services update ${id} --permission audit:read`)).toMatchObject({ code: 0 });
  expect((await json("services list"))[0].permissions).toEqual([{ audience: server.url, permission: "audit:read" }]);
  expect(await ann.run(`services remove ${id} --yes`)).toMatchObject({ code: 0, stderr: "Removed.\n" });
  expect(await json("services list")).toEqual([]);
});

test("6: a permission or an API that the server does not know, and a name that is taken, in words", async () => {
  await ann.run("services create taken");
  const words = {
    "services create x --permission nothing:known": "no such permission",
    "services create x --permission a:b@https://nowhere.example": "no such API",
    "services create taken": "There is a service of this name already.",
  };
  for (const [args, says] of Object.entries(words)) {
    expect(await ann.run(args), args).toMatchObject({ code: 6, stderr: expect.stringContaining(says) });
  }
});
