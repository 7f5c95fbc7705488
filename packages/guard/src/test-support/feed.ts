import type { ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { RevocationFact } from "@countersign/tokens";
import type { IssuerServer } from "./issuer-server.ts";

/** An issuer's feed as it is documented, with a log of facts that tests write, on a server of theirs. */
export interface Feed {
  /** Writes facts down, and tells whoever listens. */
  tell(...facts: RevocationFact[]): void;
  /** A heartbeat on every open stream. */
  beat(): void;
  /** What guards have asked so far: the form, and the cursor where they brought one. */
  readonly asked: { readonly accept: string; readonly cursor: string | undefined }[];
  /** A service token, without asking for it over the wire. */
  issueToken(): Promise<string>;
  /** How many service tokens it gave out. */
  tokens(): number;
  /** How many streams are open. */
  open(): number;
  /** Writes this text on every open stream, as it is. */
  write(text: string): void;
  /** Ends every stream, as the end of a service token does. */
  end(): void;
  /** Breaks every stream. */
  cut(): void;
  /** No service token of before is good any longer. */
  forgetTokens(): void;
  /** Answers 503 until told otherwise. */
  down(isDown: boolean): void;
  /** A backup was restored: other numbers, and none of the facts. */
  restore(): void;
  /** How far the clock of its database is ahead, in milliseconds. */
  skew(ms: number): void;
}

export const CREDENTIAL = { id: "api", secret: "s3cret" };

export function startFeed(server: IssuerServer, now: () => number): Feed {
  const streams = new Map<ServerResponse, number>();
  const asked: Feed["asked"] = [];
  let good = new Set<string>();
  let given = 0;
  let log: RevocationFact[] = [];
  let life = 1;
  let isDown = false;
  let ahead = 0;
  const incarnation = () => `life-${life}`;
  const at = () => now() + ahead;

  function send(stream: ServerResponse, event: string, number: number, data: object): void {
    stream.write(`event: ${event}\nid: ${incarnation()}:${number}\ndata: ${JSON.stringify({ number, ...data })}\n\n`);
  }
  function sendNews(stream: ServerResponse, from: number): void {
    if (log.length > from) send(stream, "facts", log.length, { facts: log.slice(from) });
    streams.set(stream, log.length);
  }
  function refuse(response: ServerResponse, status: number, error: string): void {
    response
      .writeHead(status, { "content-type": "application/json", "retry-after": "1" })
      .end(JSON.stringify({ error }));
  }
  /** After which number an answer goes on; `undefined` for a cursor that is not known. */
  function place(cursor: string | undefined): number | undefined {
    const [name, number] = cursor?.split(":") ?? [];
    return name === incarnation() && Number(number) <= log.length ? Number(number) : undefined;
  }

  const issueToken = async () => {
    given += 1;
    good.add(`token-${given}`);
    return `token-${given}`;
  };

  server.answerBy("/trpc/services.token", async (response, request) => {
    const { id, secret } = (await json(request)) as Record<string, unknown>;
    if (isDown) return refuse(response, 503, "unavailable");
    if (id !== CREDENTIAL.id || secret !== CREDENTIAL.secret) return refuse(response, 400, "invalid_client");
    const data = { access_token: await issueToken(), token_type: "Bearer", expires_in: 300, scope: "feed:read" };
    response.setHeader("content-type", "application/json").end(JSON.stringify({ result: { data } }));
  });
  server.answerBy("/feed", (response, { headers }) => {
    const { accept = "", authorization = "" } = headers;
    if (isDown) return refuse(response, 503, "busy");
    if (!good.has(authorization.slice("Bearer ".length))) return refuse(response, 401, "token_expired");
    const cursor = headers["last-event-id"]?.toString();
    asked.push({ accept, cursor });
    const from = place(cursor);
    if (accept === "application/json") {
      const answer = { number: log.length, at: at(), snapshot: from === undefined, facts: log.slice(from ?? 0) };
      response.setHeader("content-type", accept).end(JSON.stringify({ incarnation: incarnation(), ...answer }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": welcome\n\n");
    response.on("close", () => streams.delete(response));
    if (from !== undefined) return sendNews(response, from);
    const parts = Math.max(1, Math.ceil(log.length / 2));
    for (let part = 0; part < parts; part += 1) {
      const facts = log.slice(part * 2, part * 2 + 2);
      send(response, "snapshot", log.length, { at: at(), part, last: part === parts - 1, facts });
    }
    streams.set(response, log.length);
  });

  return {
    asked,
    tell(...facts) {
      log.push(...facts);
      for (const [stream, from] of streams) sendNews(stream, from);
    },
    beat() {
      for (const stream of streams.keys()) send(stream, "heartbeat", log.length, { at: at() });
    },
    issueToken,
    tokens: () => given,
    open: () => streams.size,
    write(text) {
      for (const stream of streams.keys()) stream.write(text);
    },
    end() {
      for (const stream of streams.keys()) stream.end();
    },
    cut() {
      for (const stream of streams.keys()) stream.destroy();
    },
    forgetTokens() {
      good = new Set();
    },
    down(value) {
      isDown = value;
    },
    restore() {
      log = [];
      life += 1;
    },
    skew(ms) {
      ahead = ms;
    },
  };
}
