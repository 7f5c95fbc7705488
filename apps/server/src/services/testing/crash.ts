import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { IssuerOptions } from "../../issuer-options.ts";
import type { Crash } from "./crash-child.ts";

/** Has another process do it on the same database, and waits for its death. */
export async function crash(doing: Omit<Crash, "options">, { issuer, database }: IssuerOptions): Promise<void> {
  const script = fileURLToPath(new URL("./crash-child.ts", import.meta.url));
  const task = JSON.stringify({ ...doing, options: { issuer, database } });
  const child = spawn(process.execPath, ["--conditions=source", script, task], { stdio: "inherit" });
  const [, signal] = await once(child, "exit");
  expect(signal, "the process was to be killed in the middle").toBe("SIGKILL");
}
