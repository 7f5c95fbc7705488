import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionReply } from "@countersign/tokens";
import { bundled } from "../../testing/bundled.ts";
import { freePort } from "../../testing/free-port.ts";
import { leastEnvironment } from "../../testing/least-environment.ts";
import { callerOfOrigin } from "./call.ts";
import { type CutProxy, openCutProxy } from "./cut-proxy.ts";
import type { GuardTask } from "./guard-child.ts";

const NOTES = "https://notes.test";
const person = { email: "ada@example.com", name: "Ada", password: "a small grey engine of brass" };

/** One session with its access token for the API. */
export interface Session {
  readonly id: string;
  readonly account: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What an API answered: its status, the reason of a refusal, and how long to wait. */
interface Verdict {
  readonly status: number;
  readonly reason: string | undefined;
  readonly retryAfter: string | null;
}

/** An API in a process of its own. */
export interface GuardProcess {
  call(session: Session): Promise<Verdict>;
  /** Sets its clock so many milliseconds ahead. */
  ahead(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** What people do at one instance, past the proxy. */
interface Desk {
  signIn(): Promise<Session>;
  refresh(session: Session): Promise<Session>;
  signOut(session: Session): Promise<void>;
}

/** The real server as a process of its own, which APIs reach through a proxy that can be cut. */
export interface IssuerProcess extends Desk {
  /** Where its SQLite file stands, if it has one. */
  readonly database: string;
  readonly proxy: CutProxy;
  /** @param ahead how far its clock is ahead, in milliseconds */
  start(ahead?: number): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  /** Calls a procedure as the administrator, past the proxy. Answers its data. */
  ask(procedure: string, input: object): Promise<Record<string, unknown>>;
  /** Starts one more instance over the same database. @param ahead as of `start` */
  another(ahead?: number): Promise<Desk>;
  startGuard(): Promise<GuardProcess>;
  /** Ends it, and the APIs that it started. */
  close(): Promise<void>;
}

/**
 * Starts one with an administrator and a service that reads the feed.
 *
 * @param settings environment variables without their prefix
 * @param ahead as of `start`
 */
export async function openIssuerProcess(settings: Record<string, string> = {}, ahead = 0): Promise<IssuerProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), "countersign-processes-"));
  const [port, proxy] = [await freePort(), await openCutProxy()];
  proxy.forwardTo(port);
  const issuer = `https://localhost:${proxy.port}`;
  const caFile = join(dataDir, "ca.pem");
  const keyFile = join(dataDir, "master-key");
  writeFileSync(keyFile, `${Buffer.alloc(32, 7).toString("base64url")}\n`, { mode: 0o600 });
  const common = {
    AUDIENCES: JSON.stringify({ [NOTES]: ["notes:read"] }),
    DATA_DIR: dataDir,
    ISSUER: issuer,
    LOG_LEVEL: "silent",
    MASTER_KEY_FILE: keyFile,
    PLAIN_PORT: "off",
    ...settings,
  };
  const instance = (at: number, ahead: number) => {
    const env = Object.entries({ ...common, PORT: `${at}` }).map(([name, value]) => [`COUNTERSIGN_${name}`, value]);
    return launch("issuer-child.ts", String(ahead), Object.fromEntries(env));
  };
  const children = new Set<ChildProcess>();
  let server: ChildProcess | undefined;
  let setUpLink = "";

  const start = async (ahead = 0) => {
    const started = await instance(port, ahead);
    server = started.child;
    children.add(server);
    if (started.told !== "") setUpLink = String(started.told);
  };
  const kill = async () => {
    if (server) await end(server);
  };
  await start(ahead);

  const ca = readFileSync(caFile, "utf8");
  const { post, redeem, ...desk } = openDesk(port, ca);
  const secret = setUpLink.split("#")[1];
  const admin = await redeem(await post("/trpc/signIn.setUp", { client: "cli", secret, ...person }), issuer);
  const ask: IssuerProcess["ask"] = async (procedure, input) =>
    (await post(`/trpc/${procedure}`, input, admin.accessToken)).result.data;
  const made = await ask("services.create", { name: "notes", permissions: ["feed:read"] });
  const credential = { id: made["id"], secret: (made["secret"] as { secret: string }).secret };

  return {
    ...desk,
    database: join(dataDir, "countersign.db"),
    proxy,
    start,
    kill,
    ask,
    async another(ahead = 0) {
      const other = await freePort();
      children.add((await instance(other, ahead)).child);
      return openDesk(other, ca);
    },
    async startGuard() {
      const task = JSON.stringify({ issuer, audience: NOTES, credential } as GuardTask);
      const { child, told } = await launch("guard-child.ts", task, { NODE_EXTRA_CA_CERTS: caFile });
      children.add(child);
      return {
        async call({ accessToken }) {
          const headers = { authorization: `Bearer ${accessToken}` };
          const reply = await fetch(`http://127.0.0.1:${told}/who`, { headers });
          const { error } = (await reply.json()) as { error?: { data: { reason?: string } } };
          return { status: reply.status, reason: error?.data.reason, retryAfter: reply.headers.get("retry-after") };
        },
        async ahead(milliseconds) {
          child.send(milliseconds);
          await once(child, "message");
        },
        stop: () => end(child),
      };
    },
    async close() {
      await Promise.all([...children].map(end));
      await proxy.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** Calls one instance by its port, and trusts this authority. */
function openDesk(port: number, ca: string) {
  const { call } = callerOfOrigin(`https://localhost:${port}`, ca);
  const { email, password } = person;
  const post = async (path: string, body: object, token?: string) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { "content-type": "application/json", "x-countersign": "1", ...authorization };
    const reply = await call(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (reply.status >= 300) throw new Error(`${path} answered ${reply.status}: ${reply.body}`);
    return reply.body === "" ? {} : JSON.parse(reply.body);
  };
  const sessionOf = ({ session: id, account, refresh_token: refreshToken, tokens: [token] }: SessionReply): Session => {
    if (refreshToken === undefined || !token) throw new Error("a session without tokens");
    return { id, account, accessToken: token.access_token, refreshToken };
  };
  const redeem = async ({ result }: { result: { data: { handoff: string } } }, audience: string) =>
    sessionOf(await post("/session/start", { client: "cli", handoff: result.data.handoff, audiences: [audience] }));
  return {
    post,
    redeem,
    signIn: async () => await redeem(await post("/trpc/signIn.password", { client: "cli", email, password }), NOTES),
    refresh: async ({ refreshToken }: Session) =>
      sessionOf(await post("/session/refresh", { client: "cli", refresh_token: refreshToken, audiences: [NOTES] })),
    signOut: async ({ refreshToken }: Session) =>
      await post("/session/end", { client: "cli", refresh_token: refreshToken }),
  };
}

/** Starts a program of this folder, and answers what it tells first. */
async function launch(script: string, argument: string, env: Record<string, string>) {
  const child = fork(await bundled(join(import.meta.dirname, script)), [argument], {
    env: { ...leastEnvironment, ...env },
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`${script} ended with ${code}`)));
  const [told] = (await Promise.race([once(child, "message"), ended])) as [string | number];
  ended.catch(() => undefined);
  return { child, told };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
