import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../packages/client/src/testing/free-port.ts";
import { output } from "./testing/command.ts";
import { type Issuer, startIssuer } from "./testing/issuer.ts";
import { packed } from "./testing/packed.ts";
import { start } from "./testing/started.ts";

const { newest } = await packed();
const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const remote = /^## Fifteen minutes: an API in a process of its own\n(.*?)^## /ms.exec(readme)?.[1] ?? "";
const blocks = (language: string) =>
  Array.from(remote.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")), ([, body = ""]) => body);

let issuer: Issuer;
let api: number;
/** What the README says, with this issuer's address, authority and terminal app, and a port that is free. */
let here: (text: string) => string;
const cwd = join(newest, "readme");

beforeAll(async () => {
  api = await freePort();
  issuer = await startIssuer(newest, { COUNTERSIGN_PORT: `${await freePort()}` });
  here = (text) =>
    text
      .replaceAll("https://localhost:8443", issuer.url)
      .replaceAll("http://localhost:3000", `http://localhost:${api}`)
      .replaceAll("listen(3000", `listen(${api}`)
      .replaceAll("data/ca.pem", issuer.authority);
  mkdirSync(cwd);
  const ann = ["--email", "ann@example.com", "--name", "Ann", "--password-stdin"];
  const args = ["--no-install", "@countersign/cli", "setup", issuer.setUpLink, ...ann];
  await output("npx", args, { cwd, env: issuer.terminal, input: "seven plums in winter" });
});
afterAll(() => issuer?.stop());

/** A block of commands as one `sh` runs them that knows `countersign`. */
const shell = (commands: string) => [
  "-ec",
  `countersign() { npx --no-install @countersign/cli "$@"; }\n${here(commands)}`,
];

test("the README's fifteen minutes go as they are written: an API in a process of its own", async () => {
  for (const body of blocks("ts")) {
    const name = /^\/\/ ([\w-]+\.ts)\n/.exec(body)?.[1];
    if (name) writeFileSync(join(cwd, name), here(body));
  }
  const [declaration = ""] = blocks("json");
  writeFileSync(join(cwd, "access.json"), here(declaration));
  const [serving = "", calling = ""] = blocks("sh");
  const server = await start(shell(serving), /http:\/\/localhost:\d+\n$/, { command: "sh", cwd, env: issuer.terminal });
  try {
    const told = await output("sh", shell(calling), { cwd, env: issuer.terminal });
    const [me, renamed, nobody] = told.split(/(?<=\})(?=\{)/).map((text) => JSON.parse(text));
    expect(me).toEqual({ result: { data: expect.stringMatching(/^[\w-]{22}$/) } });
    expect(renamed).toEqual({ result: { data: { id: "1", title: "Plums", by: me.result.data } } });
    expect(nobody).toMatchObject({ error: { data: { httpStatus: 401, reason: "no_token" } } });
  } finally {
    await server.stop();
  }
});
