import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type Issuer, type IssuerOptions } from "@countersign/server";
import { systemWorld, type World } from "@countersign/tokens";
import Fastify from "fastify";
import { notesPermissions, notesProcedures } from "./notes.ts";

/** A real issuer on a real socket, without TLS: what stands before it ends that. */
export interface RunningIssuer {
  readonly issuer: Issuer;
  /** Its time. */
  readonly world: World;
  readonly origin: string;
  /** Time goes by at the server. */
  pass(milliseconds: number): Promise<void>;
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
  const world = { ...systemWorld, now: () => systemWorld.now() + ahead };
  const open = async () => {
    const issuer = await createIssuer({
      issuer: issuerUrl,
      database: { sqlite: join(folder, "test.db") },
      masterKeys: [new Uint8Array(32).fill(7)],
      signUp: "open",
      audiences: [{ audience: notes, permissions: notesPermissions, procedures: notesProcedures }],
      world,
      ...options,
    });
    const fastify = Fastify({ forceCloseConnections: true });
    await fastify.register(issuer.plugin);
    const origin = await fastify.listen({ host: "127.0.0.1", port: 0 });
    const close = async () => {
      await fastify.close();
      await issuer.close();
    };
    return { issuer, origin, close };
  };
  let opened = await open();
  const path = new URL(issuerUrl).pathname.replace(/\/$/, "");

  return {
    get issuer() {
      return opened.issuer;
    },
    world,
    get origin() {
      return opened.origin;
    },
    async pass(milliseconds) {
      ahead += milliseconds;
      // It has to look first whether anything was revoked meanwhile.
      while (!(await fetch(`${opened.origin}${path}/readyz`)).ok);
    },
    async restart() {
      await opened.close();
      opened = await open();
    },
    async close() {
      await opened.close();
      await rm(folder, { recursive: true });
    },
  };
}
