import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IssuerOptions } from "@countersign/server";
import { systemWorld, type World } from "@countersign/tokens";
import { type ServedIssuer, serveIssuer } from "./served-issuer.ts";

/** An issuer in this process, whose time a test lets go by. */
export interface RunningIssuer extends ServedIssuer {
  /** Its time. */
  readonly world: World;
  /** Time goes by at the server. */
  pass(milliseconds: number): Promise<void>;
}

/** @param notes the identifier of an API that it has tokens for */
export async function startIssuer(
  issuerUrl: string,
  notes: string,
  options: Partial<IssuerOptions>,
): Promise<RunningIssuer> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-client-"));
  let ahead = 0;
  const world = { ...systemWorld, now: () => systemWorld.now() + ahead };
  const served = await serveIssuer({ world, ...options, issuer: issuerUrl, notes, folder });
  const path = new URL(issuerUrl).pathname.replace(/\/$/, "");

  return {
    ...served,
    world,
    async pass(milliseconds) {
      ahead += milliseconds;
      // It has to look first whether anything was revoked meanwhile.
      while (!(await fetch(`${served.origin}${path}/readyz`)).ok);
    },
    async close() {
      await served.close();
      await rm(folder, { recursive: true });
    },
  };
}
