import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../packages/client/src/testing/free-port.ts";
import { output } from "./testing/command.ts";
import { packed } from "./testing/packed.ts";
import { start } from "./testing/started.ts";

const { newest, examples } = await packed();
const compiler = join(import.meta.dirname, "node_modules/.bin/tsc");
const next = join(newest, "node_modules/next/dist/bin/next");

test("a Next app: issuer, guarded API and rendered pages, whose bundles know at once what one of them has revoked", {
  timeout: 600_000,
}, async () => {
  const cwd = join(examples, "next");
  const env = { APP_URL: `https://localhost:${await freePort()}`, NEXT_TELEMETRY_DISABLED: "1" };
  await output(process.execPath, [next, "build"], { cwd, env });
  await output(compiler, ["-p", "tsconfig.json", "--checkers", "1"], { cwd });
  const server = await start(["serve.ts"], /\/auth\/setup#/, { cwd, env });
  try {
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: join(cwd, "data/ca.pem") };
    const told = JSON.parse(await output(process.execPath, ["client.ts"], { cwd, env: trusting }));
    expect(told).toEqual({
      list: ["seven plums"],
      refused: "no_token",
      token: ["<li>seven plums</li>", "session_ended"],
      cookie: ["<li>seven plums</li>", "session_ended"],
    });
  } finally {
    await server.stop();
  }
});
