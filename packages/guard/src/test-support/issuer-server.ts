import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fetch } from "../issuer/fetch-json.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A real HTTP server in an issuer's place. What it answers can be changed path by path; every visit is counted. */
export interface IssuerServer {
  readonly origin: string;
  /** Reaches the server under the issuer's https name, as a fetch with an authority of its own would. */
  readonly fetch: Fetch;
  readonly visits: string[];
  /** Every URL that was asked for through `fetch`, wherever it leads. */
  readonly asked: string[];
  answer(path: string, document: unknown): void;
  answerBy(path: string, listener: Answer): void;
  close(): Promise<void>;
}

export const METADATA = "/.well-known/oauth-authorization-server";

export async function startIssuerServer(issuer: string): Promise<IssuerServer> {
  const answers = new Map<string, Answer>();
  const visits: string[] = [];
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? "";
    visits.push(path);
    const answer = answers.get(path);
    if (answer) answer(response, request);
    else response.writeHead(404).end("not found");
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answerBy = (path: string, answer: Answer) => void answers.set(path, answer);
  return {
    origin,
    visits,
    asked,
    fetch: (url, init) => {
      asked.push(url);
      const { origin: known } = new URL(issuer);
      if (new URL(url).origin !== known) throw new Error("nobody else is to be asked");
      return fetch(url.replace(known, origin), init);
    },
    answer: (path, document) =>
      answerBy(path, (response) => {
        response.setHeader("content-type", "application/json").end(JSON.stringify(document));
      }),
    answerBy,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
