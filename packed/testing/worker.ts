import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { build } from "esbuild";
import workerd from "workerd";
import { environment } from "./command.ts";

/** The newest behaviour that the installed workerd has without flags. */
const COMPATIBILITY_DATE = "2026-07-01";

/** Bundles a worker of a stranger's as wrangler does, and without its stand-ins for Node: an import of one fails. */
export async function bundleWorker(folder: string): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { worker as default } from "./worker.ts";`, resolveDir: folder },
    bundle: true,
    write: false,
    metafile: true,
    outfile: "worker.js",
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    target: "es2022",
  });
  const left = metafile.outputs["worker.js"]?.imports.map(({ path }) => path);
  if (left?.length !== 0) throw new Error(`the bundle still imports ${left}`);
  return outputFiles[0]?.text ?? "";
}

export interface Worker {
  readonly url: string;
  stop(): Promise<void>;
}

/** Runs a bundle in workerd, the runtime of Cloudflare's workers, which may reach this machine and trusts `authority`. */
export async function startWorker(folder: string, bundle: string, authority: string): Promise<Worker> {
  await writeFile(join(folder, "bundle.js"), bundle);
  const certificate = JSON.stringify(await readFile(authority, "utf8"));
  await writeFile(
    join(folder, "worker.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ( name = "main",
      worker = (
        modules = [ (name = "worker", esModule = embed "bundle.js") ],
        compatibilityDate = "${COMPATIBILITY_DATE}" ) ),
    ( name = "internet",
      network = (
        allow = ["public", "private"],
        tlsOptions = ( trustBrowserCas = false, trustedCertificates = [ ${certificate} ] ) ) ) ],
  sockets = [ ( name = "http", address = "127.0.0.1:0", http = (), service = "main" ) ]
);
`,
  );
  const child = spawn(workerd, ["serve", "worker.capnp", "--control-fd=3"], {
    cwd: folder,
    env: environment(),
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdio[3] as Readable });
  for await (const line of lines) {
    const { event, port } = JSON.parse(line);
    if (event === "listen") {
      return {
        url: `http://127.0.0.1:${port}`,
        async stop() {
          child.kill("SIGTERM");
          await exited;
        },
      };
    }
  }
  throw new Error("the worker did not start");
}
