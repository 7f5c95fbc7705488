import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { countersign } from "./testing/cli.ts";
import { type Person, personAt } from "./testing/person.ts";
import { startResidentCli } from "./testing/resident-cli.ts";
import { makeScratchFolder, scratchFolder } from "./testing/scratch.ts";
import { type RestartableServer, startServer } from "./testing/server.ts";

const ANN = "seven plums in winter";

const cli = startResidentCli();
let server: RestartableServer;
let home: string;
let ann: Person;
let annId: string;

beforeAll(async () => {
  server = await startServer();
  home = makeScratchFolder();
  ann = personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir }, cli.run);
  await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, ANN);
  annId = JSON.parse((await ann.run("whoami --json")).stdout).id;
  await ann.run("roles create reader --description Reads");
  await ann.run("roles remove reader --yes");
});
afterAll(async () => {
  await cli.stop();
  await server?.stop();
  rmSync(home, { recursive: true });
});

/** Waits until nothing is left unsealed. */
async function sealed() {
  return await vi.waitFor(async () => {
    const verdict = JSON.parse((await ann.run("audit verify --json")).stdout);
    expect(verdict.unsealed.entries).toBe(0);
    return verdict;
  }, 20_000);
}

/** Exports into a file in the folder where Ann stands. */
async function exported(name: string, args = ""): Promise<string[]> {
  const { code, stdout, stderr } = await ann.run(`audit export ${args}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  writeFileSync(join(home, name), stdout);
  return stdout.split("\n").slice(0, -1);
}

describe("audit list", () => {
  const events = async (filter: string) => {
    const { code, stdout, stderr } = await ann.run(`audit list --json ${filter}`);
    expect({ code, stderr }, filter).toEqual({ code: 0, stderr: "" });
    return (JSON.parse(stdout) as { event: string }[]).map(({ event }) => event);
  };

  test("finds what happened by what, who, how, where and when", async () => {
    expect(await events("--event role.created")).toEqual(["role.created"]);
    expect(await events("--event role")).toEqual(["role.removed", "role.created"]);
    expect(await events("--subject reader --actor ann@example.com")).toEqual(["role.removed", "role.created"]);
    expect(await events(`--actor ${annId} --event set_up`)).toEqual(["set_up.redeemed"]);
    expect(await events("--outcome refused")).toEqual([]);
    expect(await events("--address 127.0.0.1 --event role")).toHaveLength(2);
    expect(await events("--address 192.0.2.1")).toEqual([]);
    expect(await events("--event role --from 2020-01-01 --to 2021-01-01T12:00Z")).toEqual([]);
    expect(await events("--event role --from 2020-01-01")).toHaveLength(2);
    const [first] = JSON.parse((await ann.run("audit list --json --event session.started")).stdout);
    expect(await events(`--session ${first.session} --event role --limit 1`)).toEqual(["role.removed"]);
  });

  test("says which filter is none", async () => {
    const unknown = await ann.run("audit list --event role.creatd");
    expect(unknown).toMatchObject({ code: 6, stderr: expect.stringContaining("The server knows no such event.") });
    for (const wrong of ["--outcome maybe", "--from yesterday", "--to 2026-13-01", "--event Role", "--session x"]) {
      expect(await ann.run(`audit list ${wrong}`), wrong).toMatchObject({ code: 2, stdout: "" });
    }
  });
});

describe("audit export and verify", () => {
  test("the server's audit is whole, from its first entry to its newest seal", async () => {
    const verdict = await sealed();
    expect(verdict).toMatchObject({ whole: true, issuer: server.url, first: 1, foreignSeals: 0 });
    expect(verdict.entries).toBe(verdict.head.seq);
    const { code, stdout, stderr } = await ann.run("audit verify");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "This is what was sealed.\n" });
    expect(stdout).toMatch(new RegExp(`^issuer +${server.url}\nentries +1 to \\d+\nhead +\\d+:\\S{43}\n`));
  });

  test("ASVS 16.4.3: an export is one JSON value a line, and verifies without the server by a key that was written down", async () => {
    await sealed();
    const lines = await exported("all.jsonl");
    expect(lines.map((line) => Object.keys(JSON.parse(line)).join())).toEqual(
      expect.arrayContaining(["issuer", "key", "entry", "seal", "end"]),
    );
    for (const line of lines) expect(line).toMatch(/^[ -~]+$/);
    const [{ kid }] = JSON.parse((await ann.run("audit keys --json")).stdout);
    const stranger = personAt(scratchFolder(), { COUNTERSIGN_URL: "https://localhost:1" }, cli.run);
    const file = join(home, "all.jsonl");
    expect(await stranger.run(`audit verify ${file} --key ${kid}`)).toMatchObject({ code: 0 });
    const input = readFileSync(file, "utf8");
    const piped = await countersign(["audit", "verify", "-", "--key", kid], { env: stranger.env, input });
    expect(piped).toMatchObject({ code: 0, stderr: "This is what was sealed.\n" });
    expect(await stranger.run(`audit verify ${file} --key ${"A".repeat(43)}`)).toMatchObject({ code: 10 });
    // Without a key to trust, the server is asked for it.
    expect(await stranger.run(`audit verify ${file}`)).toMatchObject({ code: 3 });
    expect(await ann.run(`audit verify ${file}`)).toMatchObject({ code: 0 });
  });

  test("an export goes on where the one before ended, and is whole from there", async () => {
    const { head } = await sealed();
    await ann.run("roles create later --description Later");
    const { head: next } = await vi.waitFor(async () => {
      const verdict = await sealed();
      expect(verdict.head.seq).toBeGreaterThan(head.seq);
      return verdict;
    }, 20_000);
    const lines = await exported("later.jsonl", `--after ${head.seq}`);
    expect(lines.filter((line) => line.startsWith('{"entry"'))).toHaveLength(next.seq - head.seq);
    const { code, stderr } = await ann.run(`audit verify later.jsonl --head ${head.seq}:${head.hash}`);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `This is what was sealed.\nOf the entries 1 to ${head.seq} only the seal is here.\n`,
    });
    expect(await ann.run(`audit verify --head ${head.seq}:${"A".repeat(43)}`)).toMatchObject({ code: 10 });
    const between = await ann.run(`audit export --after ${next.seq + 1000}`);
    expect(between).toMatchObject({ code: 6, stderr: expect.stringContaining("No seal was made right after") });
  });

  test("what was changed in an export is found, and told for people and programs", async () => {
    await sealed();
    const lines = await exported("good.jsonl");
    const changed = lines.map((line) => line.replace('"event":"role.removed"', '"event":"role.created"'));
    const falsified = {
      "changed.jsonl": changed,
      "short.jsonl": lines.slice(0, -1),
      "hole.jsonl": lines.filter((line) => !line.startsWith('{"entry"') || !line.includes("role.removed")),
      "noise.jsonl": [...lines.slice(0, 3), "noise", ...lines.slice(3)],
    };
    for (const [name, text] of Object.entries(falsified)) {
      writeFileSync(join(home, name), `${text.join("\n")}\n`);
      expect(await ann.run(`audit verify ${name}`), name).toMatchObject({ code: 10, stdout: "" });
    }
    const { stderr } = await ann.run("audit verify changed.jsonl --json");
    expect(JSON.parse(stderr)).toMatchObject({
      error: "not_whole",
      exit: 10,
      message: expect.stringContaining("changed"),
    });
    expect(await ann.run("audit verify nowhere.jsonl")).toMatchObject({ code: 9 });
    mkdirSync(join(home, "folder"));
    expect(await ann.run("audit verify folder")).toMatchObject({ code: 9 });
  });

  test("what was changed in the database is found at the server", async () => {
    await sealed();
    const file = new DatabaseSync(join(server.dataDir, "countersign.db"));
    expect(() => file.exec("update audit set actor = null where seq = 3")).toThrow("append-only");
    file.exec("drop trigger audit_is_not_changed");
    file.exec("update audit set actor = 'nobody' where seq = 3");
    file.close();
    expect(await ann.run("audit verify")).toMatchObject({
      code: 10,
      stderr: expect.stringContaining("it was changed at entry 3"),
    });
  });
});
