import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");
const scratch = new URL(`.readme-${process.pid}/`, folder);
let api: ChildProcess;
let url = "";
let printed = "";

beforeAll(async () => {
  mkdirSync(scratch);
  for (const [, body = ""] of readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const [, name = ""] = /^\/\/ ([\w-]+\.ts)\n/.exec(body) ?? [];
    // Any free port instead of the one that the page speaks of, and a word when it listens.
    const listen = ".listen(0, function () { console.log('port', this.address().port); })";
    writeFileSync(new URL(name, scratch), body.replace(".listen(3000)", listen));
  }
  api = spawn(process.execPath, ["--conditions=source", "server.ts"], {
    cwd: scratch,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of api.stdout ?? []) {
    printed += chunk;
    const [, port] = /port (\d+)/.exec(printed) ?? [];
    if (port === undefined) continue;
    url = `http://127.0.0.1:${port}`;
    return;
  }
});
afterAll(async () => {
  if (api.exitCode === null) {
    const gone = once(api, "exit");
    api.kill();
    await gone;
  }
  rmSync(scratch, { recursive: true });
});

test("the README's API runs, and answers as the page says", async () => {
  const health = await fetch(`${url}/health`);
  expect(await health.json()).toEqual({ result: { data: "ok" } });
  for (const path of ["me", "notes.list"]) {
    const nobody = await fetch(`${url}/${path}`);
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
    expect(await nobody.text()).toContain('"reason":"no_token"');
  }
});

test("its access table is printed at start", () => {
  expect(printed).toMatch(/health.*the load balancer asks/);
  expect(printed).toMatch(/notes\.edit.*notes:write/);
});

test("its tests pass", async () => {
  const run = promisify(execFile)(process.execPath, ["--conditions=source", "--test", "router-test.ts"], {
    cwd: scratch,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, VITEST: undefined },
  });
  expect((await run).stdout).toMatch(/pass 2\n/);
});
