import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { processAlive } from "../../testing/process-alive.ts";

// Programs that hash, from outside: how their hashing processes begin and end with them.

const run = promisify(execFile);
const server = fileURLToPath(new URL("../../../", import.meta.url));
const source = pathToFileURL(join(server, "src/services")).href;

const program = (services: string, extension: string, body: string) => `
  import { createHashPool } from "${services}/hashing/pool.${extension}";
  import { createPasswords } from "${services}/passwords/passwords.${extension}";
  const pool = createHashPool({ processes: 1, deadlineMs: 60_000 });
  const passwords = createPasswords({ pool });
  const hash = await passwords.hash("correct horse");
  console.log(JSON.stringify({
    right: await passwords.verify(hash, "correct horse"),
    wrong: await passwords.verify(hash, "correct house"),
    pids: pool.statistics().processes,
    argon2Inside: process.report.getReport().sharedObjects.some((file) => file.includes("argon2")),
  }));
  ${body}
`;
const flags = ["--conditions=source", "--input-type=module", "-e"];

describe("a program that hashes", () => {
  test("does not load argon2 itself, and ends by itself though it never closed anything", async () => {
    const { stdout, stderr } = await run(process.execPath, [...flags, program(source, "ts", "")]);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ right: true, wrong: false, argon2Inside: false });
    await expect.poll(() => said.pids.some(processAlive)).toBe(false);
    expect(stderr).toBe("");
  });

  test("may wait for the end of its hashing processes", async () => {
    const closing = 'await passwords.close(); console.log("closed");';
    const { stdout } = await run(process.execPath, [...flags, program(source, "ts", closing)]);
    expect(stdout).toMatch(/closed\n$/);
  });

  test("takes its hashing processes with it when it is killed", async () => {
    const parent = spawn(process.execPath, [...flags, program(source, "ts", "setInterval(() => {}, 1000);")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(parent.stdout), "line");
    const { pids } = JSON.parse(line);
    expect(pids.map(processAlive)).toEqual([true]);
    parent.kill("SIGKILL");
    await expect.poll(() => pids.some(processAlive), { timeout: 10_000 }).toBe(false);
  });

  test("shows its hashing processes none of its environment", async () => {
    const look = `
      const { readFileSync } = await import("node:fs");
      console.log(readFileSync("/proc/" + pool.statistics().processes[0] + "/environ", "utf8"));`;
    const secret = { SECRET_OF_THE_SERVER: "do-not-inherit" };
    const { stdout } = await run(process.execPath, [...flags, program(source, "ts", look)], {
      env: { ...process.env, ...secret },
    });
    expect(stdout).not.toContain(secret.SECRET_OF_THE_SERVER);
  });

  test("does the same when it was built", async () => {
    const built = await mkdtemp(join(server, "node_modules/.built-"));
    try {
      const config = {
        extends: join(server, "tsconfig.build.json"),
        compilerOptions: { rootDir: join(server, "src"), outDir: built, noCheck: true, declaration: false },
        include: [],
        files: [join(server, "src/services/passwords/passwords.ts"), join(server, "src/services/hashing/child.ts")],
      };
      await writeFile(join(built, "tsconfig.json"), JSON.stringify(config));
      await run(join(server, "../../node_modules/.bin/tsc"), ["-p", join(built, "tsconfig.json"), "--checkers", "1"]);
      const services = pathToFileURL(join(built, "services")).href;
      const { stdout } = await run(process.execPath, [...flags, program(services, "js", "")]);
      expect(JSON.parse(stdout)).toMatchObject({ right: true, wrong: false });
    } finally {
      await rm(built, { recursive: true });
    }
  });
});
