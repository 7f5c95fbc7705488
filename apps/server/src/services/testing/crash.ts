import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "vitest";
import type { IssuerOptions } from "../../issuer-options.ts";
import { bundled } from "../../testing/bundled.ts";
import type { Crash } from "./crash-child.ts";

/** Has another process do it on the same database, and waits for its death. */
export async function crash(doing: Omit<Crash, "options">, { issuer, database }: IssuerOptions): Promise<void> {
  const script = await bundled(join(import.meta.dirname, "crash-child.ts"));
  const task = JSON.stringify({ ...doing, options: { issuer, database } });
  const child = spawn(process.execPath, [script, task], { stdio: "inherit" });
  const [, signal] = await once(child, "exit");
  expect(signal, "the process was to be killed in the middle").toBe("SIGKILL");
}
