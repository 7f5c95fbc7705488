import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callerOfOrigin } from "./http/testing/call.ts";
import { bundled } from "./testing/bundled.ts";
import { freePort } from "./testing/free-port.ts";
import { leastEnvironment } from "./testing/least-environment.ts";

const main = await bundled(join(import.meta.dirname, "main.ts"));

let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "countersign-main-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(directory, { recursive: true });
});

/** The program as a person starts it: a folder, an environment, two outputs. */
function run(settings: Record<string, string>, flags: readonly string[] = [], command: readonly string[] = []) {
  const environment = Object.entries({ PLAIN_PORT: "off", ...settings }).map(([name, value]) => [
    `COUNTERSIGN_${name}`,
    value,
  ]);
  const child = spawn(process.execPath, ["--conditions=source", ...flags, main, ...command], {
    cwd: directory,
    env: {
      ...leastEnvironment,
      ...Object.fromEntries(environment),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  const exit = once(child, "close").then(([code]) => code as number | null);
  return { child, said, exit };
}

async function ready(port: number, settings: Record<string, string> = {}, flags: readonly string[] = []) {
  const program = run({ PORT: `${port}`, ...settings }, flags);
  await expect
    .poll(() => program.said.out + program.said.err, { timeout: 20_000, interval: 10 })
    .toContain("is ready at");
  return program;
}

describe("the program", () => {
  test("needs no configuration: it makes what it needs, says where it is, and ends when asked", async () => {
    const port = await freePort();
    const { child, said, exit } = await ready(port);
    const data = join(directory, "data");
    await expect.poll(() => said.out).toContain("countersign setup");
    expect(said.out).toContain(`Countersign is ready at https://localhost:${port}`);
    expect(said.out).toContain(join(data, "ca.pem"));
    const link = /https:\/\/localhost:\d+\/setup#[\w-]{43}/.exec(said.out)?.[0] ?? "";
    expect(readFileSync(join(data, "setup-link"), "utf8")).toBe(`${link}\n`);
    expect(said.err).not.toContain(link.split("#")[1]);
    for (const line of said.err.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("level");

    const { call } = callerOfOrigin(`https://localhost:${port}`, readFileSync(join(data, "ca.pem"), "utf8"));
    expect((await call("/readyz")).status).toBe(200);
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(child.signalCode).toBeNull();
  });

  test("operates on its database when told to, and says what it did or why not, in a sentence", async () => {
    const nothing = run({}, [], ["restored"]);
    expect(await nothing.exit).toBe(1);
    expect(nothing.said).toEqual({
      out: "",
      err: expect.stringMatching(/^There is nothing in this database yet[^\n]*\n$/),
    });
    const { child, exit } = await ready(await freePort());
    const early = run({}, [], ["restored"]);
    expect(await early.exit).toBe(1);
    expect(early.said.err).toMatch(/^An instance runs on this database[^\n]*\n$/);
    child.kill("SIGTERM");
    await exit;
    const done = run({}, [], ["restored"]);
    expect(await done.exit).toBe(0);
    expect(done.said).toEqual({ out: expect.stringMatching(/is dead. 0 sessions have ended/), err: "" });
    const unknown = run({}, [], ["--help"]);
    expect(await unknown.exit).toBe(1);
    expect(unknown.said.err).toMatch(/no such command.*rewrap, reset-keys, restored/);
  });

  test("ASVS 13.3.1: leaves nothing that others may read but the authority's certificate", async () => {
    const { child, exit } = await ready(await freePort());
    const mode = (name: string) => statSync(join(directory, "data", name)).mode & 0o777;
    expect(mode(".")).toBe(0o700);
    expect(mode("ca.pem")).toBe(0o644);
    for (const name of ["master-key", "countersign.db", "ca-key.pem", "leaf.pem", "leaf-key.pem", "setup-link"]) {
      expect([name, mode(name)]).toEqual([name, 0o600]);
    }
    child.kill("SIGINT");
    expect(await exit).toBe(0);
  });

  test("ASVS 16.2.3: logs to standard error and nowhere else: no file but the documented ones, no line among the answers", async () => {
    const port = await freePort();
    const { child, said, exit } = await ready(port);
    const { call } = callerOfOrigin(
      `https://localhost:${port}`,
      readFileSync(join(directory, "data", "ca.pem"), "utf8"),
    );
    await call("/nowhere");
    await expect.poll(() => said.err).toContain('"not_found"');
    expect(said.out).not.toContain('"msg"');
    const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const documented = page.split("## Files in the data directory")[1]?.split("##")[0] ?? "";
    const files = readdirSync(join(directory, "data")).map((name) => name.replace(/-(wal|shm)$/, ""));
    expect(files.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
    expect(readdirSync(directory)).toEqual(["data"]);
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  });

  test("takes from countersign.config.ts what only code can say, with nothing installed beside it", async () => {
    const port = await freePort();
    const config = `
      import { defineConfig, defineSignInMethod, wrongCredentials } from "@countersign/server";
      import { z } from "zod";
      const badge = defineSignInMethod({
        name: "badge",
        input: z.strictObject({ code: z.string() }),
        async prove({ code }: { code: string }) {
          if (code !== "k-17") throw wrongCredentials("unknown badge");
          return { email: "ann@example.com", amr: ["swk"], acr: "1fa" };
        },
      });
      export default defineConfig({ signUp: "open", signIn: [badge] });`;
    writeFileSync(join(directory, "countersign.config.ts"), config);
    const { child, said, exit } = await ready(port);
    const ca = readFileSync(join(directory, "data", "ca.pem"), "utf8");
    const { call } = callerOfOrigin(`https://localhost:${port}`, ca);
    const headers = { "content-type": "application/json" };
    const post = async (path: string, body: object) => {
      const { status, body: text } = await call(path, { method: "POST", headers, body: JSON.stringify(body) });
      return { status, reason: JSON.parse(text).error?.data.reason };
    };
    const ann = { client: "cli", email: "ann@example.com", name: "Ann", password: "seven plums in winter" };
    expect(await post("/trpc/signIn.signUp", ann)).toEqual({ status: 200, reason: undefined });
    const signIn = (code: string) => post("/trpc/signIn.method", { client: "cli", method: "badge", input: { code } });
    expect(await signIn("k-17")).toEqual({ status: 200, reason: undefined });
    expect(await signIn("k-18")).toEqual({ status: 400, reason: "wrong_credentials" });
    expect(said.err).not.toContain("Warning");
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
  });

  test.each(["throw", "Promise.reject"])(
    "ASVS 16.5.4: what nobody caught ends it with a line in the log and exit code 1 (%s)",
    async (how) => {
      // Into the very program that is started, as a bug in a library would come: when this signal does.
      const bug = `process.on("SIGUSR2", () => { ${how}(new Error("nobody caught this")) })`;
      const { child, said, exit } = await ready(await freePort(), {}, [`--import=data:text/javascript,${bug}`]);
      child.kill("SIGUSR2");
      expect(await exit).toBe(1);
      const last = JSON.parse(said.err.trim().split("\n").at(-1) ?? "");
      expect(last).toMatchObject({ level: "fatal", err: { message: "nobody caught this" } });
      expect(said.out).not.toContain("nobody caught this");
    },
  );

  test("does not start with an option in countersign.config.ts that makes no sense", async () => {
    writeFileSync(join(directory, "countersign.config.mjs"), "export default { limits: { adress: {} } };");
    const { said, exit } = run({ PORT: `${await freePort()}` });
    expect(await exit).toBe(1);
    expect(said).toEqual({ out: "", err: "It did not start. limits.adress: not a limit\n" });
  });

  test.each([
    ["does not parse", "const password = 'hunter2hunter2' export default {};"],
    ["is not closed", "const password = 'hunter2hunter2'; export default {"],
    ["has syntax that cannot be erased", "enum Password { a = 'hunter2hunter2' } export default {};"],
  ])("does not start with a countersign.config.ts that %s, and shows nothing of it", async (_, text) => {
    const file = join(directory, "countersign.config.ts");
    writeFileSync(file, text);
    const { said, exit } = run({ PORT: `${await freePort()}` });
    expect(await exit).toBe(1);
    expect(said.err).toContain(`${file} cannot be run. SyntaxError: `);
    expect(said.err).not.toMatch(/hunter2|\n.|node:internal/);
  });

  test("starts again on what it made", async () => {
    const port = await freePort();
    const first = await ready(port);
    const authority = readFileSync(join(directory, "data", "ca.pem"), "utf8");
    first.child.kill("SIGKILL");
    await first.exit;
    const second = await ready(port);
    expect(readFileSync(join(directory, "data", "ca.pem"), "utf8")).toBe(authority);
    second.child.kill("SIGTERM");
    expect(await second.exit).toBe(0);
  });

  const sentence = (text: string) => `${text}\n`;
  test.each([
    [{ TLS: "acme" }, sentence("COUNTERSIGN_TLS does not know acme yet: use dev, files or proxy.")],
    [{ TLS: "off" }, sentence("COUNTERSIGN_TLS must be one of dev, files, proxy.")],
    [
      { PROT: "1" },
      sentence(
        "COUNTERSIGN_PROT is not a setting. The README of @countersign/server lists them; correct or remove it.",
      ),
    ],
    [
      { TLS: "files", TLS_CERT: "/nowhere/cert.pem", TLS_KEY: "/nowhere/key.pem" },
      sentence("/nowhere/cert.pem cannot be read: check that it exists and that this user may read it."),
    ],
  ])("does not start with %j, with one sentence and exit code 1", async (settings, said) => {
    const program = run(settings as Record<string, string>);
    expect(await program.exit).toBe(1);
    expect(program.said).toEqual({ out: "", err: said });
  });

  test("does not start over a master key that others may read", async () => {
    const { child, exit } = await ready(await freePort());
    child.kill("SIGTERM");
    await exit;
    const key = join(directory, "data", "master-key");
    chmodSync(key, 0o644);
    const program = run({ PORT: `${await freePort()}` });
    expect(await program.exit).toBe(1);
    expect(program.said.err).toBe(`${key} may be read by others than its owner: chmod 600 ${key}\n`);
  });

  test("server case 17: does not start, and does not operate, on what a newer release has changed, and leaves it alone", {
    timeout: 90_000,
  }, async () => {
    const { child, exit } = await ready(await freePort());
    child.kill("SIGTERM");
    await exit;
    const database = new DatabaseSync(join(directory, "data", "countersign.db"));
    database.exec("insert into countersign_migrations (name, timestamp) values ('9999-later', '2100-01-01')");
    database.exec("alter table sessions add column later text");
    const schema = () => database.prepare("select sql from sqlite_schema order by name").all();
    const before = schema();
    for (const program of [run({ PORT: `${await freePort()}` }), run({}, [], ["restored"])]) {
      expect(await program.exit).toBe(1);
      expect(program.said).toEqual({
        out: "",
        err: expect.stringMatching(/: a newer release has changed the database, start that one\.[^\n]*\n$/),
      });
    }
    expect(schema()).toEqual(before);
    database.close();
  });

  test("does not start without its database, and says so without its password or a stack", async () => {
    const { child, exit } = await ready(await freePort());
    child.kill("SIGTERM");
    await exit;
    const program = run({
      PORT: `${await freePort()}`,
      DATABASE_URL: `postgres://app:hunter2@127.0.0.1:${await freePort()}/app`,
      MASTER_KEY_FILE: join(directory, "data", "master-key"),
    });
    expect(await program.exit).toBe(1);
    expect(program.said.out).toBe("");
    expect(program.said.err).toMatch(/^It did not start: /);
    expect(program.said.err).not.toMatch(/hunter2|\n\s+at /);
  });
});
