import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OwnToken, Verifier } from "@countersign/guard";
import type { Issuer, IssuerOptions } from "@countersign/server";
import { systemWorld, type World } from "@countersign/tokens";
import { serveIssuer } from "./served-issuer.ts";

/** An issuer in this process, whose time a test lets go by. */
export interface RunningIssuer {
  /** The first one that ran. */
  readonly issuer: Issuer;
  readonly origin: string;
  /** Of whichever is running: it may be started anew. */
  readonly verifier: Verifier;
  /** Its time. */
  readonly world: World;
  /** Time goes by at the server. */
  pass(milliseconds: number): Promise<void>;
  /** Does something at one moment of the server's clock, however long it takes. */
  atOneMoment<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Stops it, whatever is under way, and starts it anew over the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** @param notes the identifier of an API that it has tokens for */
export async function startIssuer(
  issuerUrl: string,
  notes: string,
  options: Partial<IssuerOptions>,
): Promise<RunningIssuer> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-client-"));
  let ahead = 0;
  let moment: number | undefined;
  const world = { ...systemWorld, now: () => moment ?? systemWorld.now() + ahead };
  const serve = (port: number) => serveIssuer({ world, ...options, issuer: issuerUrl, notes, folder, port });
  let served = await serve(0);
  const { issuer, origin } = served;
  const path = new URL(issuerUrl).pathname.replace(/\/$/, "");

  return {
    issuer,
    origin,
    verifier: {
      issuer: issuerUrl,
      verify: (token, forWhom) => served.issuer.verifier.verify(token, forWhom),
      judge: (token) => served.issuer.verifier.judge(token as OwnToken),
    },
    world,
    async pass(milliseconds) {
      ahead += milliseconds;
      // It has to look first whether anything was revoked meanwhile.
      while (!(await fetch(`${origin}${path}/readyz`)).ok);
    },
    async atOneMoment(work) {
      moment = world.now();
      try {
        return await work();
      } finally {
        moment = undefined;
      }
    },
    async restart() {
      await served.close();
      served = await serve(Number(new URL(origin).port));
    },
    async close() {
      await served.close();
      await rm(folder, { recursive: true });
    },
  };
}
