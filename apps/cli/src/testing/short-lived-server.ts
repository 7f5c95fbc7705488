import { rmSync } from "node:fs";
import { createApp, readConfig } from "@countersign/server";
import { freePort } from "./free-port.ts";
import { makeScratchFolder } from "./scratch.ts";
import type { Server } from "./server.ts";

/** The real server with access tokens of so few seconds that no configuration would allow it. In this process. */
export async function startShortLivedServer(accessToken: number): Promise<Server> {
  const dataDir = makeScratchFolder();
  const config = readConfig({
    COUNTERSIGN_PORT: String(await freePort()),
    COUNTERSIGN_PLAIN_PORT: "off",
    COUNTERSIGN_DATA_DIR: dataDir,
    COUNTERSIGN_LOG_LEVEL: "warn",
  });
  const app = await createApp({ ...config, lifetimes: { ...config.lifetimes, accessToken } });
  await app.listen();
  const setUpLink = await app.setUpLink();
  if (setUpLink === undefined) throw new Error("there is an administrator already");
  return {
    url: config.issuer,
    dataDir,
    setUpLink,
    stop: async () => {
      await app.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
