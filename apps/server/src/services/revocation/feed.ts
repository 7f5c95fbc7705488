import { Refusal, type RevocationFact } from "@countersign/tokens";
import type { Clock } from "../clock.ts";
import type { FactLog } from "./fact-log.ts";
import type { Position } from "./fact-window.ts";
import { type FeedMessage, positionOf } from "./feed-messages.ts";
import { FeedReader } from "./feed-reader.ts";

/** Open streams of this process: each is a connection, and little more. */
const MOST_STREAMS = 1000;
const RETRY_S = 5;

/** One answer for who does not stay. Times are in milliseconds, by the database's clock. */
export interface FeedReply {
  readonly incarnation: string;
  readonly number: number;
  readonly at: number;
  /** Whether the facts are all that matter, or those after the place that was asked for. */
  readonly snapshot: boolean;
  readonly facts: readonly RevocationFact[];
}

export interface FeedStream {
  /**
   * To be read once, as fast as the reader takes it: nothing is queued for a slow one. Ends when the reader may read no
   * longer, when its place is not known any more, and with `end`.
   */
  readonly messages: AsyncIterable<FeedMessage>;
  /** Ends it, and gives its place free. To be called in any case. */
  end(): void;
}

/** What was revoked, told to those who judge tokens elsewhere. */
export interface Feed {
  /** @throws {Refusal} `unavailable` where the table cannot be read */
  read(lastEventId: string | undefined): Promise<FeedReply>;
  /**
   * @param holds whether the reader may still read; asked by the second, and whenever something was revoked
   * @throws {Refusal} `unavailable` where the table cannot be read, `busy` where there are too many streams
   */
  open(lastEventId: string | undefined, holds: () => boolean): Promise<FeedStream>;
  /** Ends every stream, and opens none any more. */
  close(): void;
}

export interface FeedDeps {
  readonly facts: FactLog;
  readonly clock: Clock;
  /** Streams at most; 1000 unless given. */
  readonly streams?: number;
}

export function createFeed({ facts, clock, streams = MOST_STREAMS }: FeedDeps): Feed {
  const { window } = facts;
  const open = new Set<{ wake(): void; end(): void }>();
  let closed = false;
  facts.listen(() => {
    for (const stream of open) stream.wake();
  });

  /** Where everybody stands who knows all that was committed when this was asked. */
  const reach = async (): Promise<Position> => {
    // One reading of which it is known that it began after the question: a reader may come from an instance that knows
    // more than this one did a moment ago.
    await facts.refresh();
    const { end } = window;
    if (!end) throw new Refusal("unavailable", { detail: "the feed has not begun" });
    return end;
  };

  return {
    read: async (lastEventId) => {
      const end = await reach();
      const from = positionOf(lastEventId);
      const known = from !== undefined && window.covers(from);
      const news = window.after(known ? from.number : 0).map(({ fact }) => fact);
      return { ...end, at: facts.tableTime, snapshot: !known, facts: news };
    },

    open: async (lastEventId, holds) => {
      if (closed || open.size >= streams) {
        throw new Refusal("busy", { retryAfter: RETRY_S, detail: "feed: no stream is free" });
      }
      let ended = false;
      let news = Promise.withResolvers<void>();
      const stream = {
        wake: () => news.resolve(),
        end: () => {
          ended = true;
          open.delete(stream);
          news.resolve();
        },
      };
      open.add(stream);

      async function* messages(): AsyncGenerator<FeedMessage> {
        const reader = new FeedReader(window, lastEventId);
        // No waiting between looking and hearing of more: what comes later wakes this again.
        while (!ended && holds()) {
          const message = reader.next({ now: clock.now(), readAt: facts.readAt, tableTime: facts.tableTime });
          if (message === "lost") return;
          if (message) {
            yield message;
          } else {
            await news.promise;
            news = Promise.withResolvers();
          }
        }
      }

      try {
        await reach();
      } catch (cause) {
        stream.end();
        throw cause;
      }
      return { messages: messages(), end: stream.end };
    },

    close: () => {
      closed = true;
      for (const stream of open) stream.end();
    },
  };
}
