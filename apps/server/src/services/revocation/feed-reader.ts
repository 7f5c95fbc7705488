import type { FactWindow, Position } from "./fact-window.ts";
import { type FeedMessage, factsAfter, heartbeat, positionOf, snapshotOf } from "./feed-messages.ts";

/** A reader hears at least so often that it knows everything, in milliseconds, as long as the table can be read. */
const HEARTBEAT_MS = 5000;

/** What the present is to a reader, in milliseconds. */
interface Present {
  readonly now: number;
  /** When the table was read last. */
  readonly readAt: number;
  /** What the database's clock showed then: by it readers forget. */
  readonly tableTime: number;
}

/** One reader's way through the feed, from the place that it came with. Pure but for the place that it has reached. */
export class FeedReader {
  readonly #window: FactWindow;
  /** Undefined before the beginning. */
  #place: Position | undefined;
  /** What is left of a snapshot. */
  #parts: readonly FeedMessage[] = [];
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(window: FactWindow, lastEventId: string | undefined) {
    this.#window = window;
    const place = positionOf(lastEventId);
    this.#place = place && window.covers(place) ? place : undefined;
  }

  /** What to send now, undefined for nothing; `lost` where facts that it lacks are here no more. */
  next(present: Present): FeedMessage | "lost" | undefined {
    const { end } = this.#window;
    if (!end) return "lost";
    if (!this.#place) {
      this.#parts = snapshotOf(this.#window, end, present.tableTime);
      this.#place = end;
      this.#beatAt = present.readAt;
    }
    const [part, ...rest] = this.#parts;
    if (part) {
      this.#parts = rest;
      return part;
    }
    if (!this.#window.covers(this.#place)) return "lost";
    return this.#facts(this.#place) ?? this.#heartbeat(end, present);
  }

  #facts(place: Position): FeedMessage | undefined {
    const message = factsAfter(this.#window, place);
    if (message) this.#place = { ...place, number: message.data.number };
    return message;
  }

  /** Where the table was read a moment ago, and the last heartbeat was long before that. */
  #heartbeat(end: Position, { now, readAt, tableTime }: Present): FeedMessage | undefined {
    if (Math.abs(now - readAt) >= HEARTBEAT_MS || Math.abs(readAt - this.#beatAt) < HEARTBEAT_MS) return undefined;
    // Pruned facts have numbers too: whoever knows all that is left stands at the end.
    this.#place = end;
    this.#beatAt = readAt;
    return heartbeat(end, tableTime);
  }
}
