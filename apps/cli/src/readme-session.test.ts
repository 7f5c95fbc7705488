import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";
import { matches, readSession } from "./testing/session-block.ts";
import { runInShell } from "./testing/shell.ts";

const workspace = join(import.meta.dirname, "../../..");
const steps = readSession(readFileSync(join(workspace, "README.md"), "utf8"));

let server: Server;
let home: string;

beforeAll(async () => {
  server = await startServer();
  home = makeScratchFolder();
});

afterAll(async () => {
  await server?.stop();
  rmSync(home, { recursive: true });
});

/**
 * The README speaks of the default address and folder. This server has others, so that nobody's own is touched; that is
 * all that differs from what a reader types and sees.
 */
const ours = (text: string) =>
  text.replaceAll("https://localhost:8443", server.url).replaceAll(/\bdata\//g, `${server.dataDir}/`);
const theReaders = (text: string) =>
  text.replaceAll(server.url, "https://localhost:8443").replaceAll(`${server.dataDir}/`, "data/");

test("the README's first session goes as it is written, command by command", { timeout: 180_000 }, async ({
  signal,
}) => {
  const shown = await runInShell(
    steps.map(({ command }) => ours(command)),
    { cwd: workspace, env: environment(), scratch: home, signal },
  );
  const wrong = steps
    .map(({ command, expected }, at) => ({ command, expected, shown: theReaders(shown[at] ?? "(not reached)") }))
    .filter((step) => !matches(step.expected, step.shown));
  expect(wrong).toEqual([]);
});

test("the README's first session tells the whole way: in, refused for three reasons, out", () => {
  const text = steps.flatMap(({ command, expected }) => [command, ...expected]).join("\n");
  for (const part of [
    "countersign setup",
    "whoami",
    "not_permitted, 403",
    "no_token",
    "401",
    "logout",
    "session_ended",
  ]) {
    expect(text).toContain(part);
  }
});

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: `${withoutRegistry()}:${process.env["PATH"]}`,
    HOME: process.env["HOME"],
    XDG_CONFIG_HOME: join(home, "config"),
    COUNTERSIGN_URL: server.url,
    COUNTERSIGN_DATA_DIR: server.dataDir,
  };
}

/**
 * A folder with an `npx` that asks no registry. `npx -y pnpm@12 --silent -w countersign …` is the pnpm that runs this test,
 * if one does; else it is the script of package.json that pnpm would run.
 */
function withoutRegistry(): string {
  const { npm_execpath: pnpm = "" } = process.env;
  const { scripts } = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8"));
  const byPnpm = /\.[cm]?js$/.test(pnpm) ? `"${process.execPath}" "${pnpm}"` : `"${pnpm}"`;
  const run = pnpm.includes("pnpm") ? `shift 2; exec ${byPnpm}` : `shift 5; exec ${scripts.countersign}`;
  const folder = join(home, "bin");
  mkdirSync(folder);
  writeFileSync(join(folder, "npx"), `#!/bin/sh\n${run} "$@"\n`, { mode: 0o755 });
  return `${folder}:${dirname(process.execPath)}`;
}
