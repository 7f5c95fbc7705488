import { readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../packages/client/src/testing/free-port.ts";
import { bun } from "./testing/bun.ts";
import { output } from "./testing/command.ts";
import { type Issuer, startIssuer } from "./testing/issuer.ts";
import { packed } from "./testing/packed.ts";
import { type Started, start } from "./testing/started.ts";
import { terminalAppIn } from "./testing/terminal-app.ts";

const { newest, examples } = await packed();
const code = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

const embedded = { kind: "embedded", program: "server.ts", told: { list: ["seven plums"], afterwards: "no_token" } };
const routes = { kind: "fetch", program: "serve.ts", told: { list: ["seven plums, 1970"], afterwards: "no_token" } };

describe.each([
  { ...embedded, runtime: "Node", command: process.execPath },
  { ...embedded, runtime: "Bun", command: bun },
  { ...routes, runtime: "Node", command: process.execPath },
  { ...routes, runtime: "Bun", command: bun },
  {
    kind: "ssr",
    runtime: "Node",
    command: process.execPath,
    program: "serve.ts",
    told: {
      title: "Notes of Ann",
      list: "<li>&#60;seven&#62; plums</li>",
      kept: ["__Host-cs-pages"],
      left: ["__Host-cs-pages.out"],
      afterwards: "Who is there?",
    },
  },
])(
  "the example with issuer and API in one process: $kind, on $runtime",
  ({ kind, runtime, command, program, told: expected }) => {
    test("serves over TLS, answers what somebody's roles permit, and refuses them when they have left", async () => {
      const cwd = join(examples, `${kind} on ${runtime}`);
      await cp(join(examples, kind), cwd, { recursive: true });
      const env = { APP_URL: `https://localhost:${await freePort()}` };
      const server = await start([program], /\/auth\/setup#/, { command, cwd, env });
      try {
        const trusting = { ...env, NODE_EXTRA_CA_CERTS: join(cwd, "data/ca.pem") };
        const told = JSON.parse(await output(command, ["client.ts"], { cwd, env: trusting }));
        expect(told).toEqual(expected);
      } finally {
        await server.stop();
      }
    });
  },
);

test("the embedded form is one file of at most 40 lines", () => {
  expect(code(readFileSync(join(examples, "embedded/server.ts"), "utf8")).length).toBeLessThanOrEqual(40);
});

describe("notes, an API in a process of its own", () => {
  let issuer: Issuer;
  let notes: Started;
  let env: Readonly<Record<string, string>>;
  let url: string;
  const password = "seven plums in winter";
  const countersign = (args: readonly string[], input?: string) =>
    output(process.execPath, [terminalAppIn(newest), ...args], { cwd: newest, env: issuer.terminal, input });
  const call = async (path: string, token: string | undefined, input?: object) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const method = input ? { method: "POST", body: JSON.stringify({ json: input }) } : {};
    const response = await fetch(`${url}/trpc/${path}`, { headers, ...method });
    const { result, error } = (await response.json()) as {
      result?: { data: { json: unknown } };
      error?: { json: unknown };
    };
    return { status: response.status, json: result?.data.json ?? error?.json };
  };
  const refused = (reason: string) =>
    expect.objectContaining({ data: expect.objectContaining({ reason, ran: false }) });

  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    issuer = await startIssuer(newest, { COUNTERSIGN_PORT: `${await freePort()}`, COUNTERSIGN_SIGN_UP: "open" });
    const person = ["--email", "ann@example.com", "--name", "Ann", "--password-stdin"];
    await countersign(["setup", issuer.setUpLink, ...person], password);
    const service = await countersign(["services", "create", "notes", "--permission", "feed:read"]);
    const [NOTES_SERVICE_ID = "", NOTES_SERVICE_SECRET = ""] = service.split("\n");
    env = {
      NOTES_PORT: `${port}`,
      NOTES_AUDIENCE: url,
      NOTES_ISSUER: issuer.url,
      NOTES_SERVICE_ID,
      NOTES_SERVICE_SECRET,
      NOTES_DATABASE: ":memory:",
      NODE_EXTRA_CA_CERTS: issuer.authority,
    };
    notes = await start(["src/main.ts"], /Notes at /, { cwd: join(examples, "notes"), env });
    const declaration = await output(process.execPath, ["src/print-access.ts"], { cwd: join(examples, "notes"), env });
    await countersign(["access", "push", "-"], declaration);
  });
  afterAll(async () => {
    await notes?.stop();
    await issuer?.stop();
  });

  test("lets in whom a pushed role permits to, shows one's own, and nobody else's", async () => {
    const bob = ["--profile", "bob"];
    await countersign(["roles", "grant", "ann@example.com", "notes-writer"]);
    await countersign(
      [...bob, "sign-up", "--email", "bob@example.com", "--name", "Bob", "--password-stdin"],
      "a kite over the harbour",
    );
    await countersign(["roles", "grant", "bob@example.com", "notes-writer"]);
    const ann = (await countersign(["token", "--audience", url])).trim();
    const his = (await countersign([...bob, "token", "--audience", url])).trim();

    const made = await call("notes.create", ann, { title: "Plums", text: "seven, in winter" });
    expect(made).toMatchObject({ status: 200, json: { id: 1, title: "Plums" } });
    expect((await call("notes.list", ann)).json).toHaveLength(1);
    expect((await call("notes.list", his)).json).toEqual([]);
    const foreign = await call("notes.update", his, { id: 1, title: "Mine", text: "now" });
    expect(foreign.status).toBe(404);
    expect((await call("notes.list", ann)).json).toMatchObject([{ title: "Plums" }]);
    expect(await call("moderation.list", ann)).toEqual({ status: 403, json: refused("not_permitted") });
    expect(await call("notes.list", undefined)).toEqual({ status: 401, json: refused("no_token") });
  });

  test("an app knows what to show, by the access table that was pushed; and its token dies with the session", async () => {
    const args = ["src/visit.ts", "ann@example.com", password];
    const told = await output(process.execPath, args, { cwd: join(examples, "notes"), env });
    expect(JSON.parse(told)).toEqual({
      may: { create: true, moderate: false },
      title: "Plums",
      itsToken: "session_ended",
      afterwards: "no_token",
    });
  });
});
