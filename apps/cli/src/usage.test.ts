import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { freePort } from "./testing/free-port.ts";
import { personAt } from "./testing/person.ts";
import { startResidentCli } from "./testing/resident-cli.ts";
import { makeScratchFolder } from "./testing/scratch.ts";

// Nobody answers there: what is wrong is said without asking.
const home = makeScratchFolder();
const cli = startResidentCli();
const somebody = personAt(home, { COUNTERSIGN_URL: `https://localhost:${await freePort()}` }, cli.run);

afterAll(async () => {
  await cli.stop();
  rmSync(home, { recursive: true });
});

test("2: what cannot be read, with nothing on standard output", async () => {
  for (const args of [
    "usrs",
    "users nope",
    "users get",
    "users list --limit x",
    "login --nope",
    "sessions end",
    "",
    "--url http://localhost whoami",
  ]) {
    expect(await somebody.run(args), args).toMatchObject({ code: 2, stdout: "" });
  }
});

test("a noun alone does its first command, the one that shows what there is", async () => {
  for (const noun of ["sessions", "users", "roles", "invitations", "services", "keys", "audiences", "audit"]) {
    expect(await somebody.run(noun), noun).toEqual(await somebody.run(`${noun} list`));
  }
  expect(await somebody.run("access")).toEqual(await somebody.run("access table"));
});

test("2: a value that has not its form, with its name and form and not the value, before anything is asked", async () => {
  const forms = {
    "users get zzz": "<account> is an ID from `countersign users list`",
    "roles grant zzz member": "<account> is an ID from `countersign users list`",
    "sessions end zzz": "<id> is an ID from `countersign sessions list`",
    "roles create x --permission zzz": "--permission is noun:verb",
    "invitations create zzz": "<email> is an e-mail address",
    "login --email zzz": "--email is an e-mail address",
    "audit list --limit 101": "--limit is a whole number from 1 to 100",
  };
  for (const [args, says] of Object.entries(forms)) {
    const { code, stderr } = await somebody.run(args);
    expect({ code, stderr }, args).toEqual({ code: 2, stderr: expect.stringContaining(says) });
    expect(stderr).not.toContain("zzz");
  }
  expect((await somebody.run("users get --help")).stdout).toContain("an ID from `countersign users list`");
});

test("2: wrong usage points to the help of its command", async () => {
  const helps = { "users get": "users get", "users nope": "users list", nope: "", "users list --nope": "users list" };
  for (const [args, path] of Object.entries(helps)) {
    expect((await somebody.run(args)).stderr).toContain(`Help: countersign ${path} --help`.replace("  ", " "));
  }
});

test("2: what was typed behind an unknown option is not shown", async () => {
  for (const args of ["whoami --password=zzz", "whoami --nope=zzz", "whoami -pzzz", "--password=zzz --json whoami"]) {
    const { code, stdout, stderr } = await somebody.run(args);
    expect({ code, shown: (stdout + stderr).includes("zzz") }, args).toEqual({ code: 2, shown: false });
  }
  expect((await somebody.run("whoami --password=zzz")).stderr).toContain("no such option; use --password-stdin");
});
