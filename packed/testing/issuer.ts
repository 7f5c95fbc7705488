import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "./started.ts";

export interface Issuer {
  readonly url: string;
  readonly setUpLink: string;
  /** What it said at its start. */
  readonly told: string;
  /** The file of its certificate authority. */
  readonly authority: string;
  /** The environment of a terminal app that talks to this issuer. */
  readonly terminal: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts the server as a stranger does: `npx @countersign/server` in a folder where it is installed. */
export async function startIssuer(folder: string, settings: Readonly<Record<string, string>>): Promise<Issuer> {
  const home = await mkdtemp(join(tmpdir(), "countersign-packed-issuer-"));
  const env = { COUNTERSIGN_PLAIN_PORT: "off", COUNTERSIGN_DATA_DIR: home, COUNTERSIGN_LOG_LEVEL: "warn", ...settings };
  const { told, stop } = await start(["--no-install", "@countersign/server"], / setup [\s\S]*\n$/, {
    command: "npx",
    cwd: folder,
    env,
  });
  const setUpLink = /https:\S+\/setup#[\w-]+/.exec(told)?.[0];
  const url = /is ready at (https:\S+)/.exec(told)?.[1];
  if (url === undefined || setUpLink === undefined) throw new Error(`the server did not start: ${told}`);
  return {
    url,
    setUpLink,
    told,
    authority: join(home, "ca.pem"),
    terminal: { COUNTERSIGN_URL: url, COUNTERSIGN_DATA_DIR: home, XDG_CONFIG_HOME: join(home, "config") },
    async stop() {
      await stop();
      await rm(home, { recursive: true });
    },
  };
}
