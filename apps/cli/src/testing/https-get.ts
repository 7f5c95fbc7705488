import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Server } from "./server.ts";

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** A plain GET over TLS, without our SDK: any other program. */
export async function httpsGet(
  { url, dataDir }: Pick<Server, "url" | "dataDir">,
  path: string,
  token?: string,
): Promise<Reply> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const ca = readFileSync(join(dataDir, "ca.pem"));
  const [reply] = (await once(get(`${url}${path}`, { ca, headers, agent: false }), "response")) as [IncomingMessage];
  return { status: reply.statusCode ?? 0, body: await text(reply) };
}
