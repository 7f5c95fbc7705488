import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../packages/client/src/testing/free-port.ts";
import { bun } from "./testing/bun.ts";
import { output, run } from "./testing/command.ts";
import { type Issuer, startIssuer } from "./testing/issuer.ts";
import { packed } from "./testing/packed.ts";
import { terminalAppIn } from "./testing/terminal-app.ts";
import { bundleWorker, startWorker } from "./testing/worker.ts";

const { newest, oldest } = await packed();
const ann = { email: "ann@example.com", password: "seven plums in winter" };
const nodeOf = (version: string) => join(import.meta.dirname, `node_modules/node-${version}/bin/node`);

let issuer: Issuer;
let api: number;

beforeAll(async () => {
  api = await freePort();
  issuer = await startIssuer(newest, {
    COUNTERSIGN_PORT: `${await freePort()}`,
    COUNTERSIGN_AUDIENCES: JSON.stringify({ [`http://localhost:${api}`]: ["notes:read", "notes:write"] }),
  });
});
afterAll(() => issuer?.stop());

test("`npx @countersign/server` serves over HTTPS, and `npx @countersign/cli` makes its first administrator", async () => {
  expect(issuer.told).toContain(`npx @countersign/cli setup '${issuer.setUpLink}'`);
  const countersign = (args: readonly string[], input?: string) =>
    output("npx", ["--no-install", "@countersign/cli", ...args], { cwd: newest, env: issuer.terminal, input });
  const person = ["--email", ann.email, "--name", "Ann", "--password-stdin"];
  await countersign(["setup", issuer.setUpLink, ...person], ann.password);
  const { id, email, roles } = JSON.parse(await countersign(["whoami", "--json"]));
  expect({ email, roles }).toEqual({ email: ann.email, roles: ["administrator"] });
  await countersign(["roles", "create", "writer", "--permission", `notes:write@http://localhost:${api}`]);
  await countersign(["roles", "grant", id, "writer"]);
});

describe.each([
  { runtime: "Node 22", command: nodeOf("22"), folder: oldest },
  { runtime: "Node 24", command: nodeOf("24"), folder: newest },
  { runtime: "Node 26", command: process.execPath, folder: newest },
  { runtime: "Bun 1", command: bun, folder: newest },
])("on $runtime", ({ runtime, command, folder }) => {
  test("an API stands behind the guard, and the SDK signs in and calls it", async () => {
    const args = ["program.ts", issuer.url, ann.email, ann.password, `${api}`];
    const { code, stdout, stderr } = await run(command, args, {
      cwd: folder,
      env: { NODE_EXTRA_CA_CERTS: issuer.authority },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({
      runtime: expect.stringMatching(`^${runtime}\\.`),
      refused: "no_token",
      id: expect.stringMatching(/^[\w-]{22}$/),
      withOwnToken: { status: 200, body: { result: { data: { title: "own", by: "ann" } } } },
      withLesser: { status: 403, challenge: expect.stringContaining("insufficient_scope") },
      signedOut: "no_token",
    });
    expect(told.added).toEqual({ title: "from the SDK", by: told.id });
  });
});

test.each(["22", "24"])("the terminal app runs on Node %s", async (version) => {
  const app = terminalAppIn(newest);
  const { code, stdout, stderr } = await run(nodeOf(version), [app, "whoami"], { cwd: newest, env: issuer.terminal });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(ann.email);
});

describe("a program on a Node that is too old for it", () => {
  test.each([
    ["server", "18", "Countersign's server needs Node 26 or later, and this is Node 18.20.8.\n"],
    ["server", "24", "Countersign's server needs Node 26 or later, and this is Node 24.21.0.\n"],
    ["cli", "18", "countersign needs Node 22.19 or 24.5 and later, and this is Node 18.20.8.\n"],
  ])("the %s on Node %s says so in a sentence", async (name, version, stderr) => {
    const app = `node_modules/@countersign/${name}/dist/bin.js`;
    expect(await run(nodeOf(version), [app], { cwd: newest })).toEqual({ code: 1, stdout: "", stderr });
  });
});

describe("bundled for workers", () => {
  test.each([
    ["newest", newest],
    ["oldest", oldest],
  ])(
    "tokens, guard and client run where there is no Node, sessions of rendered pages included: %s",
    async (_, folder) => {
      const bundle = await bundleWorker(folder);
      expect(/["']node:[^"']*["']/.exec(bundle)).toBeNull();
      const worker = await startWorker(folder, bundle, issuer.authority);
      try {
        const response = await fetch(worker.url, {
          method: "POST",
          body: JSON.stringify({ issuer: issuer.url, ...ann }),
        });
        expect(await response.json()).toEqual({
          refused: "no_token",
          added: { title: "from a worker", by: "ann" },
          email: ann.email,
          status: "signed-out",
          pages: ["signed-out", "200", `${ann.email} true`, "204", `${ann.email} true`, "204", "signed-out"],
        });
      } finally {
        await worker.stop();
      }
    },
  );
});
