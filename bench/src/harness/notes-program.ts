import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { freePort } from "./free-port.ts";

/** The notes API in a process of its own, on the issuer's feed. */
export interface NotesProgram extends AsyncDisposable {
  /** Where its calls go; not yet known to the issuer. */
  readonly url: string;
}

export interface NotesSetup {
  readonly port: number;
  readonly issuer: string;
  /** Path of the certificate that the issuer's is signed by. */
  readonly ca: string;
  readonly service: { readonly id: string; readonly secret: string };
}

const MAIN = new URL("../../../apps/notes/src/main.ts", import.meta.url);

/** The audience, which the issuer is told of before the API starts. */
export async function chooseAudience(): Promise<{ readonly port: number; readonly audience: string }> {
  const port = await freePort();
  return { port, audience: `http://localhost:${port}` };
}

export async function startNotes({ port, issuer, ca, service }: NotesSetup): Promise<NotesProgram> {
  const child = spawn(process.execPath, ["--conditions=source", MAIN.pathname], {
    env: {
      ...process.env,
      NODE_ENV: "production",
      NODE_EXTRA_CA_CERTS: ca,
      NOTES_PORT: String(port),
      NOTES_DATABASE: ":memory:",
      NOTES_ISSUER: issuer,
      NOTES_SERVICE_ID: service.id,
      NOTES_SERVICE_SECRET: service.secret,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([
    once(createInterface(child.stdout), "line"),
    exited.then(([code]) => Promise.reject(new Error(`notes ended with ${code}`))),
  ]);
  return {
    url: `http://localhost:${port}/trpc`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
