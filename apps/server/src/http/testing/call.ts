import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: string;
}

/** A caller of one https origin, who trusts one authority and nothing else. A connection for each call. */
export function callerOfOrigin(origin: string, ca: string) {
  const { port } = new URL(origin);

  async function dial(options: object = {}): Promise<TLSSocket> {
    const socket = connect({ host: "127.0.0.1", servername: "localhost", port: Number(port), ca, ...options });
    await once(socket, "secureConnect");
    return socket;
  }

  return {
    dial,

    async call(path: string, { method = "GET", headers = {}, body }: Call = {}): Promise<Reply> {
      const options = { host: "127.0.0.1", servername: "localhost", port, ca, agent: false as const, method, path };
      const sent = request({ ...options, headers: headers as OutgoingHttpHeaders });
      sent.end(body);
      const [reply] = (await once(sent, "response")) as [IncomingMessage];
      reply.setEncoding("utf8");
      let text = "";
      for await (const chunk of reply) text += chunk;
      return { status: reply.statusCode ?? 0, headers: reply.headers, body: text };
    },

    /** Sends bytes that no client library would, and answers all that comes back. */
    async raw(bytes: string): Promise<string> {
      const socket = await dial();
      socket.write(bytes);
      let text = "";
      for await (const chunk of socket) text += String(chunk);
      return text;
    },
  };
}
