import { join } from "node:path";
import { createIssuer, type Issuer, type IssuerOptions } from "@countersign/server";
import Fastify from "fastify";
import { notesPermissions, notesProcedures } from "./notes.ts";

export interface ServedIssuerOptions extends Partial<IssuerOptions> {
  readonly issuer: string;
  /** The identifier of an API that it has tokens for. */
  readonly notes: string;
  /** Where its database is. */
  readonly folder: string;
  /** Any that is free unless given. */
  readonly port?: number;
}

/** A real issuer on a real socket, without TLS: what stands before it ends that. */
export interface ServedIssuer {
  readonly issuer: Issuer;
  readonly origin: string;
  close(): Promise<void>;
}

export async function serveIssuer({ notes, folder, port = 0, ...options }: ServedIssuerOptions): Promise<ServedIssuer> {
  const issuer = await createIssuer({
    database: { sqlite: join(folder, "test.db") },
    masterKeys: [new Uint8Array(32).fill(7)],
    signUp: "open",
    audiences: [{ audience: notes, permissions: notesPermissions, procedures: notesProcedures, boundTokens: true }],
    ...options,
  });
  const fastify = Fastify({ forceCloseConnections: true });
  await fastify.register(issuer.plugin);
  const origin = await fastify.listen({ host: "127.0.0.1", port });
  return {
    issuer,
    origin,
    async close() {
      await fastify.close();
      await issuer.close();
    },
  };
}
