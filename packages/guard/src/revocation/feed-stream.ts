import { createParser } from "eventsource-parser";
import { fetchOk, textOf } from "../issuer/fetch-json.ts";
import { type FeedMessage, readFeedEvent } from "./feed-message.ts";
import type { FeedRequest } from "./feed-request.ts";

/** The longest event that is read, in characters: a thousand facts of the longest names. */
const MAX_EVENT = 1_048_576;

/**
 * Reads one connection of the feed from after the cursor until it ends.
 *
 * @throws {Error} for the log: an answer that is no stream, an event that is none of ours, or whatever `take` throws.
 */
export async function readFeedStream(
  request: FeedRequest,
  cursor: string | undefined,
  parts: {
    readonly signal: AbortSignal;
    /** The question leaves now: again where it needs another token. */
    begin(): void;
    take(message: FeedMessage): void;
    /** The issuer names the wait before the next connection, in milliseconds. */
    retry(ms: number): void;
  },
): Promise<void> {
  const { signal } = parts;
  const response = await request("text/event-stream", cursor, (url, fetch, init) => {
    parts.begin();
    return fetchOk(url, fetch, { ...init, signal, cache: "no-store" });
  });
  if (!/^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "")) {
    await response.body?.cancel();
    throw new Error("the feed is no event stream");
  }
  const parser = createParser({
    maxBufferSize: MAX_EVENT,
    onEvent(event) {
      const message = readFeedEvent(event);
      if (message) parts.take(message);
    },
    onRetry: (ms) => parts.retry(ms),
    onError(error) {
      // Fields of a later version are passed over (HTML Standard §9.2.6).
      if (error.type === "max-buffer-size-exceeded") throw error;
    },
  });
  for await (const [text] of textOf(response)) {
    signal.throwIfAborted();
    parser.feed(text);
  }
}
