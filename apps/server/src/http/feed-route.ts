import { Readable } from "node:stream";
import { authenticateService, facts, type OwnVerifier } from "@countersign/guard";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Feed, FeedStream } from "../services/revocation/feed.ts";
import type { FeedMessage } from "../services/revocation/feed-messages.ts";
import { route } from "./route.ts";
import { endWhenStuck } from "./stuck.ts";
import { FEED_PATH } from "./well-known.ts";

/** A reader that takes nothing for so long has lost its connection, or will never keep up. */
const STUCK_MS = 15_000;

export interface FeedRouteParts {
  readonly feed: Feed;
  readonly verifier: OwnVerifier;
  readonly permission: string;
}

/**
 * `/feed`: what was revoked, for services that judge tokens elsewhere. As server-sent events for who accepts those, else
 * as one JSON answer.
 */
export function feedRoute({ feed, verifier, permission }: FeedRouteParts) {
  const admit = async (request: FastifyRequest) => {
    const token = await authenticateService(facts(request), { verifier, audience: verifier.issuer, permission });
    return () => holds(verifier, token);
  };

  return async (fastify: FastifyInstance): Promise<void> => {
    // A stream never ends by itself: what waits for the last request would wait for it.
    fastify.addHook("preClose", async () => feed.close());

    route(fastify, "GET", FEED_PATH, {}, async (request, reply) => {
      const holds = await admit(request);
      if (request.method === "HEAD") return await reply.send();
      const lastEventId = header(request, "last-event-id");
      if (!/\btext\/event-stream\b/.test(request.headers.accept ?? "")) return await feed.read(lastEventId);
      return stream(reply, await feed.open(lastEventId, holds));
    });
  };
}

/** Whether a token that was good is still. */
function holds(verifier: OwnVerifier, token: Parameters<OwnVerifier["judge"]>[0]): boolean {
  try {
    verifier.judge(token);
    return true;
  } catch {
    return false;
  }
}

/** Nothing on the way may keep it, change it, or wait for more of it. */
function stream(reply: FastifyReply, { messages, end }: FeedStream): FastifyReply {
  const body = Readable.from(encoded(messages), { objectMode: true, highWaterMark: 1 });
  // Either may come without the other: of a reader who is gone already, or of a stream that is never read.
  body.once("close", end);
  reply.raw.once("close", end);
  endWhenStuck(body, reply.raw, STUCK_MS);
  reply.header("content-type", "text/event-stream; charset=utf-8");
  reply.header("cache-control", "no-store, no-transform");
  reply.header("x-accel-buffering", "no");
  return reply.send(body);
}

async function* encoded(messages: AsyncIterable<FeedMessage>): AsyncGenerator<string> {
  for await (const { event, id, data } of messages)
    yield `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
