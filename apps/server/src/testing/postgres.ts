import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { openPostgres } from "../store/postgres.ts";
import type { Answer, Step } from "./postgres-child.ts";

/** A real PostgreSQL. */
export interface TestPostgres {
  /** The connection string of a fresh, empty database, or of a copy of one that nobody is connected to. */
  url(copied?: string): Promise<string>;
  /** Ends the server as a shutdown does; its data stays. */
  halt(): Promise<void>;
  /** Starts it again on the same port. */
  resume(): Promise<void>;
  /** Ends it for good. So does the end of this process, whatever its cause. */
  stop(): Promise<void>;
}

/** Starts a PostgreSQL of its own on a free port of the loopback: a second or two. */
export async function startPostgres(): Promise<TestPostgres> {
  const child = fork(fileURLToPath(new URL("./postgres-child.ts", import.meta.url)), {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exit = once(child, "exit");
  const answer = async (): Promise<number> => {
    const [message] = (await Promise.race([once(child, "message"), exit])) as [Answer | number | null];
    if (typeof message !== "object" || message === null) throw new Error("PostgreSQL for tests has ended");
    if ("error" in message) throw new Error(message.error);
    return message.port;
  };
  const take = async (step: Step) => {
    child.send(step);
    await answer();
  };
  const port = await answer();
  const server = `postgres://postgres:password@127.0.0.1:${port}`;
  const maker = new pg.Pool({
    connectionString: `${server}/postgres`,
    max: 1,
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
  });
  // It goes with the server that it is connected to.
  maker.on("error", () => undefined);
  let databases = 0;
  return {
    async url(copied = `${server}/template1`) {
      databases += 1;
      const name = `test_${databases}`;
      await maker.query(`create database ${name} template ${copied.slice(server.length + 1)}`);
      return `${server}/${name}`;
    },
    halt: () => take("halt"),
    resume: () => take("resume"),
    async stop() {
      await maker.end();
      child.send("stop");
      await exit;
    },
  };
}

let shared: Promise<TestPostgres> | undefined;
let migrated: Promise<string> | undefined;

/**
 * The connection string of a fresh, empty database. Its server is that of all files of a test process, and ends with it:
 * who halts one starts one of their own.
 */
export async function newPostgresDatabase(): Promise<string> {
  shared ??= startPostgres();
  return await (await shared).url();
}

/** The same with our tables, which costs half as much as to open an issuer over an empty one. */
export async function migratedPostgresDatabase(): Promise<string> {
  shared ??= startPostgres();
  const server = await shared;
  migrated ??= migrate(await server.url());
  return await server.url(await migrated);
}

async function migrate(connection: string): Promise<string> {
  const store = openPostgres({ connection });
  await store.migrate();
  await store.close();
  return connection;
}
