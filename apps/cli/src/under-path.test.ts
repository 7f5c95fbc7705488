import { afterAll, beforeAll, expect, test } from "vitest";
import { personAt } from "./testing/person.ts";
import { scratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer("/auth");
});
afterAll(() => server.stop());

test("a server under a path: set up by its link, invite, sign up by that link, and go on by its address", async () => {
  const env = { COUNTERSIGN_DATA_DIR: server.dataDir };
  const ann = personAt(scratchFolder(), { ...env, COUNTERSIGN_URL: server.url });
  const bob = personAt(scratchFolder(), env);
  expect(server.setUpLink.startsWith(`${server.url}/setup#`)).toBe(true);
  const setUp = await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, "seven plums in winter");
  expect(setUp).toEqual({ code: 0, stdout: "", stderr: `Signed in to ${server.url} as ann@example.com.\n` });
  expect((await ann.run("whoami")).stdout).toContain("ann@example.com");

  const link = (await ann.run("invitations create bob@example.com")).stdout.trim();
  expect(link.startsWith(`${server.url}/sign-up#`)).toBe(true);
  const signUp = await bob.run(`sign-up ${link} --email bob@example.com --name Bob`, "a kite over the harbour");
  expect(signUp.stderr).toContain(`export COUNTERSIGN_URL=${server.url}`);
  expect((await bob.run(`whoami --url ${server.url}/`)).stdout).toContain("bob@example.com");
  expect(await bob.run(`whoami --url ${new URL(server.url).origin}`)).toMatchObject({ code: 3 });
  expect(await bob.run(`logout --url ${server.url}`)).toMatchObject({ code: 0 });
});
