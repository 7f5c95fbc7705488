import type { RevocationFact } from "@countersign/tokens";
import type { FactWindow, Position } from "./fact-window.ts";

/** So many facts in one message at most. */
export const PART = 1000;

/** What a reader of the feed is sent. Times are in milliseconds, by the database's clock. */
export type FeedMessage =
  /** Everything that matters, for a reader whose place is not known. In parts, all with the number that they lead to. */
  | Message<"snapshot", { number: number; at: number; part: number; last: boolean; facts: readonly RevocationFact[] }>
  /** Everything up to this number that was not sent before. */
  | Message<"facts", { number: number; facts: readonly RevocationFact[] }>
  /** The reader knows everything that the table held when it was last read: a moment ago. */
  | Message<"heartbeat", { number: number; at: number }>;

interface Message<Event extends string, Data> {
  readonly event: Event;
  /** The place that the reader comes back with. */
  readonly id: string;
  readonly data: Readonly<Data>;
}

const ID = /^([A-Za-z0-9_-]{1,64}):(0|[1-9][0-9]{0,15})$/;

/** The place that a reader says it was at; undefined for one that we never gave. */
export function positionOf(lastEventId: string | undefined): Position | undefined {
  const [, incarnation, number] = ID.exec(lastEventId ?? "") ?? [];
  return incarnation === undefined ? undefined : { incarnation, number: Number(number) };
}

/** All that is known, in parts; one without facts where nothing is. */
export function snapshotOf(window: FactWindow, end: Position, at: number): FeedMessage[] {
  const facts = window.after(0).map(({ fact }) => fact);
  const parts = Math.max(1, Math.ceil(facts.length / PART));
  return Array.from({ length: parts }, (_, part) => ({
    event: "snapshot",
    id: idOf(end),
    data: {
      number: end.number,
      at,
      part,
      last: part === parts - 1,
      facts: facts.slice(part * PART, (part + 1) * PART),
    },
  }));
}

/** The next facts for a reader that stands there; undefined where it knows all. */
export function factsAfter(window: FactWindow, { incarnation, number }: Position): FeedMessage | undefined {
  const facts = window.after(number, PART);
  const last = facts.at(-1);
  if (!last) return undefined;
  const { number: reached } = last;
  return {
    event: "facts",
    id: idOf({ incarnation, number: reached }),
    data: { number: reached, facts: facts.map(({ fact }) => fact) },
  };
}

export function heartbeat(end: Position, at: number): FeedMessage {
  return { event: "heartbeat", id: idOf(end), data: { number: end.number, at } };
}

function idOf({ incarnation, number }: Position): string {
  return `${incarnation}:${number}`;
}
