import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { type App, createApp } from "../../app.ts";
import { type Config, readConfig } from "../../config.ts";
import { freePort } from "../../testing/free-port.ts";
import { createLog } from "../log.ts";
import { type Call, callerOfOrigin, type Reply } from "./call.ts";

export const administrator = {
  email: "ada@example.com",
  name: "Ada",
  password: "a small grey engine of brass",
};

/** A real server over TLS with its own data directory, a log that is kept, and callers that trust its authority. */
export interface RunningApp {
  readonly app: App;
  readonly dataDir: string;
  /** Every line of the log, at its most talkative. */
  readonly lines: string[];
  call(path: string, call?: Call): Promise<Reply>;
  raw(bytes: string): Promise<string>;
  dial(options?: object): Promise<TLSSocket>;
  /** POST of JSON, with what `/session/*` demands. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** A handoff for the administrator, whom the first call makes. */
  handoff(client: string, origin?: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts one on a free port.
 *
 * @param settings environment variables without their prefix
 * @param authority what callers trust, where it is not the server's own
 */
export async function startApp(settings: Record<string, string> = {}, authority?: string): Promise<RunningApp> {
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-app-"));
  const given = { PORT: `${await freePort()}`, PLAIN_PORT: "off", DATA_DIR: dataDir, ...settings };
  const config: Config = readConfig(
    Object.fromEntries(Object.entries(given).map(([name, value]) => [`COUNTERSIGN_${name}`, value])),
  );
  const lines: string[] = [];
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  const app = await createApp(config, { log });
  const stop = async () => {
    await app.close();
    rmSync(dataDir, { recursive: true });
  };
  await app.listen().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const ca = authority ?? readFileSync(join(config.dataDir, "ca.pem"), "utf8");
  const { call, raw, dial } = callerOfOrigin(config.issuer, ca);
  const json = { "content-type": "application/json", "x-countersign": "1" };
  const post: RunningApp["post"] = (path, body, headers = {}) =>
    call(path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
  let made = false;

  return {
    app,
    dataDir,
    lines,
    call,
    raw,
    dial,
    post,
    async handoff(client, origin) {
      const from: Record<string, string> = origin === undefined ? {} : { origin };
      const { name, ...credentials } = administrator;
      const secret = made ? undefined : (await app.setUpLink())?.split("#")[1];
      const reply = made
        ? await post("/trpc/signIn.password", { client, ...credentials }, from)
        : await post("/trpc/signIn.setUp", { client, secret, ...credentials, name }, from);
      made = true;
      return JSON.parse(reply.body).result.data.handoff;
    },
    stop,
  };
}
