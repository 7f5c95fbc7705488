import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp, readConfig } from "@countersign/server";

// The issuer, in a process of its own: told where to listen, it says how to reach it on standard output.

const dataDir = await mkdtemp(join(tmpdir(), "countersign-bench-"));
const config = readConfig({
  COUNTERSIGN_PORT: process.env["BENCH_PORT"],
  COUNTERSIGN_PLAIN_PORT: "off",
  COUNTERSIGN_DATA_DIR: dataDir,
  COUNTERSIGN_LOG_LEVEL: "error",
});
// The load comes from one address, which the limits would cut off after a hundred sign-ins.
const unlimited = { most: Number.MAX_SAFE_INTEGER, windowMs: 60_000 };
const app = await createApp(config, {
  limits: { address: unlimited, accountFromAddress: unlimited, account: unlimited },
});
await app.listen();
process.send?.({ url: config.issuer, dataDir, ca: join(dataDir, "ca.pem"), setUpLink: await app.setUpLink() });

process.once("disconnect", async () => {
  await app.close();
  await rm(dataDir, { recursive: true, force: true });
  process.exit(0);
});
