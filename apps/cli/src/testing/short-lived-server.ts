import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createApp, readConfig } from "@countersign/server";
import { systemWorld } from "@countersign/tokens";
import { freePort } from "./free-port.ts";
import { makeScratchFolder } from "./scratch.ts";
import type { Server } from "./server.ts";

export interface ShortLivedServer extends Server {
  /** Time goes by at the server, whose clock stands still otherwise. */
  pass(milliseconds: number): void;
  /** How often each session was rotated. */
  generations(): number[];
}

/** The real server with access tokens of so few seconds that no configuration would allow it. In this process. */
export async function startShortLivedServer(accessToken: number): Promise<ShortLivedServer> {
  const dataDir = makeScratchFolder();
  const config = readConfig({
    COUNTERSIGN_PORT: String(await freePort()),
    COUNTERSIGN_PLAIN_PORT: "off",
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_LOG_LEVEL: "warn",
  });
  let time = systemWorld.now();
  const world = { ...systemWorld, now: () => time };
  const app = await createApp({ ...config, lifetimes: { ...config.lifetimes, accessToken } }, { world });
  await app.listen();
  const setUpLink = await app.setUpLink();
  if (setUpLink === undefined) throw new Error("there is an administrator already");
  const database = new DatabaseSync(join(dataDir, "countersign.db"), { readOnly: true });
  return {
    url: config.issuer,
    dataDir,
    setUpLink,
    pass: (milliseconds) => {
      time += milliseconds;
    },
    generations: () =>
      database
        .prepare("SELECT gen FROM sessions ORDER BY gen")
        .all()
        .map(({ gen }) => Number(gen)),
    stop: async () => {
      database.close();
      await app.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
