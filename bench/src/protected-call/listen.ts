import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { ready } from "../harness/program.ts";

export async function listen(app: FastifyInstance, credential?: string): Promise<void> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  ready({ port, ...(credential === undefined ? {} : { credential }) });
}
