import { fileURLToPath } from "node:url";
import { createServerProcess, type ServerProcess } from "./server-process.ts";

const main = fileURLToPath(new URL("../../../../apps/server/src/main.ts", import.meta.url));

/** The standalone server, as people run it. */
export function createStandaloneProcess(issuer: string): Promise<ServerProcess> {
  return createServerProcess(({ folder, port }) => {
    const settings = {
      DATA_DIR: folder,
      HOST: "127.0.0.1",
      ISSUER: issuer,
      LOG_LEVEL: "silent",
      PORT: `${port}`,
      SIGN_UP: "open",
      TLS: "proxy",
      TRUSTED_PROXIES: "127.0.0.1",
    };
    const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`COUNTERSIGN_${name}`, value]));
    return { main, env, ready: "/readyz" };
  });
}
