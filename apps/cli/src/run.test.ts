import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "./testing/free-port.ts";
import { httpsGet } from "./testing/https-get.ts";
import { type Person, personAt } from "./testing/person.ts";
import { startResidentCli } from "./testing/resident-cli.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";

const ANN = "seven plums in winter";
const BOB = "a kite over the harbour";
const asAnn = "--email ann@example.com";

const cli = startResidentCli();
let server: Server;
let ann: Person;
let bob: Person;
const homes: string[] = [];

function person(env: Readonly<Record<string, string>> = {}): Person {
  const home = makeScratchFolder();
  homes.push(home);
  return personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir, ...env }, cli.run);
}

async function invited(email: string): Promise<string> {
  return (await ann.run(`invitations create ${email}`)).stdout.trim();
}

beforeAll(async () => {
  server = await startServer();
  ann = person();
  bob = person();
  const setUp = await ann.run(`setup ${server.setUpLink} ${asAnn} --name Ann`, ANN);
  expect(setUp).toEqual({ code: 0, stdout: "", stderr: `Signed in to ${server.url} as ann@example.com.\n` });
  const signUp = await bob.run(`sign-up ${await invited("bob@example.com")} --email bob@example.com --name Bob`, BOB);
  expect(signUp).toMatchObject({ code: 0, stdout: "" });
});

afterAll(async () => {
  await cli.stop();
  await server?.stop();
  for (const home of homes) rmSync(home, { recursive: true });
});

describe("answers", () => {
  test("go to standard output and nothing else does", async () => {
    const { code, stdout, stderr } = await ann.run("whoami");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^id +\S{22}\ne-mail +ann@example\.com\nname +Ann\nroles +administrator\npermissions here +access:write audit:read /,
    );
    expect((await ann.run("access mine")).stderr).toMatch(/^Your permissions here: access:write audit:read /);
  });

  test.each([
    "whoami",
    "token",
    "sessions list",
    "users list",
    "users list --limit 1",
    "roles list",
    "roles create pure --description x --permission users:read",
    "roles update pure",
    "roles remove pure --yes",
    "invitations list",
    "invitations create carol@example.com",
    "access table",
    "access mine",
    "audiences list",
    "audit list --event sign_in.refused",
    "sessions end --others",
  ])("are pure JSON with --json: %s", async (args) => {
    const { code, stdout, stderr } = await ann.run(`${args} --json`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toBeTypeOf("object");
  });

  test("hold no escape sequence where there is no terminal, and --json may stand anywhere", async () => {
    const { stdout } = await ann.run("users list");
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/^ID +E-MAIL +NAME +ROLES +CREATED +DISABLED\n/);
    expect(JSON.parse((await ann.run("--json users list")).stdout)).toHaveLength(2);
  });

  test("a page says how to get the next one", async () => {
    const first = await ann.run("users list --limit 1");
    const [, id] = /--after (\S+)/.exec(first.stderr) ?? [];
    const second = await ann.run(`users list --limit 1 --after ${id}`);
    expect(second.stdout.split("\n")).toHaveLength(3);
    expect(second.stdout).not.toEqual(first.stdout);
  });

  test("`token` prints the token alone, and any program can use it until sign-out: then it is refused at once", async () => {
    const carol = person();
    await carol.run(asAnn.concat(" login"), ANN);
    const { stdout, stderr } = await carol.run("token");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const call = () => httpsGet(server, "/trpc/account.me", stdout.trim());
    expect((await call()).status).toBe(200);
    expect(await carol.run("logout")).toMatchObject({ code: 0, stderr: `Signed out of ${server.url}.\n` });
    expect(await call()).toMatchObject({ status: 401, body: expect.stringContaining('"session_ended"') });
    expect(await carol.run("token")).toMatchObject({ code: 3, stdout: "" });
  });
});

describe("administration", () => {
  test("an account is given a role, disabled, enabled, signed out and removed", async () => {
    const dora = person();
    await dora.run(`sign-up ${await invited("dora@example.com")} --email dora@example.com --name Dora`, BOB);
    const { id } = JSON.parse((await dora.run("whoami --json")).stdout);
    const steps = [
      "roles create reader --permission users:read",
      "roles grant dora@example.com reader",
      `roles revoke ${id} reader`,
      `users end-sessions ${id}`,
      `users disable ${id}`,
      `users enable ${id}`,
      `users get ${id}`,
    ];
    for (const step of steps) expect(await ann.run(step), step).toMatchObject({ code: 0 });
    expect(await dora.run("whoami")).toMatchObject({ code: 3 });
    expect(await dora.run("login --email dora@example.com", BOB)).toMatchObject({ code: 0 });
    expect(await ann.run(`users remove ${id} --yes`)).toMatchObject({ code: 0 });
    expect(await dora.run("whoami")).toMatchObject({ code: 3 });
    expect(await ann.run(`users get ${id}`)).toMatchObject({ code: 6 });
  });

  test("an invitation is withdrawn, and its link is dead", async () => {
    const link = await invited("eve@example.com");
    const open: { id: string; email: string }[] = JSON.parse((await ann.run("invitations list --json")).stdout);
    const eves = open.find(({ email }) => email === "eve@example.com");
    expect(await ann.run(`invitations remove ${eves?.id}`)).toMatchObject({ code: 0 });
    const late = await person().run(`sign-up ${link} --email eve@example.com --name Eve`, BOB);
    expect(late).toMatchObject({ code: 5, stderr: expect.stringContaining("invalid_code") });
  });

  test("one's other sessions are listed and ended", async () => {
    const elsewhere = person();
    await elsewhere.run("login --email bob@example.com", BOB);
    const sessions: { id: string; current: boolean; userAgent: string }[] = JSON.parse(
      (await bob.run("sessions list --json")).stdout,
    );
    const other = sessions.find(({ current }) => !current);
    expect(sessions).toHaveLength(2);
    expect(other?.userAgent).toBe(`countersign on ${hostname()}`);
    expect(await bob.run(`sessions end ${other?.id}`)).toMatchObject({ code: 0 });
    expect(await elsewhere.run("whoami")).toMatchObject({ code: 3, stdout: "" });
    expect(await bob.run("whoami")).toMatchObject({ code: 0 });
  });

  test("ASVS 6.2.2, 6.2.3: a password is changed with the current one, both from standard input", async () => {
    const next = "another kite, another harbour";
    expect(await bob.run("password", `wrong one\n${next}`)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("Your current password is wrong. (wrong_credentials"),
    });
    expect(await bob.run("password", `${BOB}\n${next}`)).toMatchObject({ code: 0, stdout: "" });
    expect(await bob.run("password", `${next}\n${BOB}`)).toMatchObject({ code: 0 });
    expect(await bob.run("whoami")).toMatchObject({ code: 0 });
  });
});

describe("exit codes", () => {
  test("2: what is missing, where there is no terminal to ask on, with the flag to give", async () => {
    expect((await bob.run("login")).stderr).toContain("--email ADDRESS");
    expect((await bob.run(`login ${asAnn}`)).stderr).toContain("--password-stdin");
    expect((await bob.run(`login ${asAnn}`, "")).code).toBe(2);
    expect((await ann.run("users remove AAAAAAAAAAAAAAAAAAAAAA")).stderr).toContain("--yes");
    expect((await ann.run("roles remove x")).code).toBe(2);
  });

  test("3: not signed in, without asking the server", async () => {
    const nobody = person({ COUNTERSIGN_URL: `https://localhost:${await freePort()}` });
    expect(await nobody.run("whoami")).toMatchObject({
      code: 3,
      stdout: "",
      stderr: expect.stringContaining("countersign login"),
    });
  });

  test("4: the same call refused to a member: 403 and the reason", async () => {
    const refused = await bob.run("users list");
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toMatch(/^countersign: .+ \(not_permitted, 403\)\n/);
    const { stderr } = await bob.run("users list --json");
    expect(JSON.parse(stderr)).toMatchObject({ error: "not_permitted", exit: 4, status: 403 });
  });

  test("5: wrong credentials, and links that were used", async () => {
    const carol = person();
    expect(await carol.run(`login ${asAnn}`, "not it")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("wrong_credentials"),
    });
    const used = await carol.run(`setup ${server.setUpLink} ${asAnn} --name Ann`, ANN);
    expect(used).toMatchObject({ code: 5, stderr: expect.stringContaining("invalid_code") });
  });

  test("6: what a rule refuses", async () => {
    const link = await invited("frank@example.com");
    const weak = await person().run(`sign-up ${link} --email frank@example.com --name Frank`, "password123");
    const { id } = JSON.parse((await ann.run("whoami --json")).stdout);
    const refusals = {
      password_unsuitable: weak,
      sign_up_closed: await person().run("sign-up --email frank@example.com --name Frank", BOB),
      conflict: await ann.run("roles create administrator"),
      not_found: await ann.run("users get AAAAAAAAAAAAAAAAAAAAAA"),
      last_administrator: await ann.run(`users disable ${id}`),
      bad_request: await ann.run("roles create odd --permission no:such"),
      invalid_target: await ann.run("token --audience https://nowhere.example"),
    };
    for (const [reason, ran] of Object.entries(refusals)) {
      expect(ran, reason).toMatchObject({ code: 6, stdout: "", stderr: expect.stringContaining(reason) });
    }
  });

  test("6: a refusal says what it means for this command", async () => {
    const words = {
      "roles create odd --permission no:such": "The server knows no such permission.",
      "roles create administrator": "There is a role of this name already.",
      "roles update member": "The role is built in",
      "roles remove member --yes": "The role is built in",
      "sign-up --email frank@example.com --name Frank": "Ask an administrator for an invitation link",
    };
    for (const [args, says] of Object.entries(words)) {
      const who = args.startsWith("sign-up") ? person().run(args, BOB) : ann.run(args);
      expect(await who, args).toMatchObject({ code: 6, stderr: expect.stringContaining(says) });
    }
  });

  test("7: nobody there", async () => {
    const away = await person().run(`login --url https://localhost:${await freePort()} ${asAnn}`, ANN);
    expect(away).toMatchObject({ code: 7, stdout: "", stderr: expect.stringContaining("ECONNREFUSED") });
  });

  test("8: not now, with how long to wait", async () => {
    const carol = person();
    const attempts = await Promise.all(
      Array.from({ length: 11 }, () => carol.run("login --email zoe@example.com --json", "not it")),
    );
    // Others may be told that hashing is busy, which is 8 as well.
    const answers = attempts.map(({ code, stderr }) => ({ code, ...JSON.parse(stderr) }));
    expect(answers).toContainEqual(
      expect.objectContaining({ code: 8, error: "rate_limited", retryAfter: expect.any(Number) }),
    );
  });

  test("errors are JSON on standard error with --json, also for a line that cannot be read", async () => {
    const { stdout, stderr } = await ann.run("users get --json");
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ error: "usage", exit: 2, message: expect.any(String) });
  });

  test("client case 31: no error shows a password, a token or a stack", async () => {
    const { stdout: token } = await ann.run("token");
    const shown = [
      await bob.run("users list"),
      await person().run(`login ${asAnn}`, "not it at all"),
      await person().run(`login --url https://localhost:${await freePort()} ${asAnn}`, ANN),
      await ann.run(`users get ${token.trim()}`),
    ].map(({ stdout, stderr }) => stdout + stderr);
    for (const text of shown) {
      expect(text).not.toMatch(/ {4}at |not it at all|eyJ/);
      expect(text).not.toContain(ANN);
    }
  });
});

describe("the tokens at rest", () => {
  const fileOf = (home: string, profile = "default") => {
    const folder = join(home, ".config/countersign", profile);
    return join(folder, readdirSync(folder)[0] ?? "no file");
  };

  async function signedIn(): Promise<Person & { readonly home: string }> {
    const somebody = person();
    const home = somebody.env["HOME"] ?? "";
    expect(await somebody.run(`login ${asAnn}`, ANN)).toMatchObject({ code: 0 });
    return { ...somebody, home };
  }

  test("are in one file of mode 0600 in the platform's configuration folder", async () => {
    const { home } = await signedIn();
    expect(statSync(fileOf(home)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, ".config/countersign/default")).mode & 0o777).toBe(0o700);
  });

  test("9: are not used when others may read them, and the sentence says what to do", async () => {
    const { home, run } = await signedIn();
    chmodSync(fileOf(home), 0o644);
    expect(await run("whoami")).toMatchObject({ code: 9, stdout: "", stderr: expect.stringContaining("chmod 600") });
    expect(await run(`login ${asAnn}`, ANN)).toMatchObject({ code: 9 });
    chmodSync(fileOf(home), 0o600);
    expect(await run("whoami")).toMatchObject({ code: 0 });
  });

  test("9: are kept aside when they are corrupt, and signing in again is all there is to do", async () => {
    const { home, run } = await signedIn();
    const file = fileOf(home);
    writeFileSync(file, "{ half a fi");
    expect(await run("whoami")).toMatchObject({ code: 9, stderr: expect.stringContaining(`${file}.unreadable-1`) });
    expect(readFileSync(`${file}.unreadable-1`, "utf8")).toBe("{ half a fi");
    expect(await run("whoami")).toMatchObject({ code: 3 });
    expect(await run(`login ${asAnn}`, ANN)).toMatchObject({ code: 0 });
    expect(await run("whoami")).toMatchObject({ code: 0 });
  });

  test("9: that cannot be kept are told, not lost in silence", async () => {
    const { stderr, code } = await person({ XDG_CONFIG_HOME: "/dev/null" }).run(`login ${asAnn}`, ANN);
    expect({ code, stderr }).toMatchObject({ code: 9, stderr: expect.stringContaining("cannot be kept") });
  });

  test("belong to one profile and to one server", async () => {
    const { run } = await signedIn();
    expect(await run("whoami --profile other")).toMatchObject({ code: 3 });
    expect(await run(`whoami --url https://localhost:${await freePort()}`)).toMatchObject({ code: 3 });
    expect(await run("whoami --profile ../default")).toMatchObject({ code: 2 });
  });
});
