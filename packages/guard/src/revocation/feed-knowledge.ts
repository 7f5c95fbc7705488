import { type RevocationFact, RevocationSet } from "@countersign/tokens";
import type { FeedMessage } from "./feed-message.ts";

/** What a guard knows of revocations, from a feed. */
export interface FeedKnowledge {
  /** Which tokens are known to be dead. */
  readonly set: RevocationSet;
  /** Up to where everything is known, as the feed names it; `undefined` where nothing is. */
  readonly cursor: string | undefined;
  /** The last moment, in milliseconds of this machine's clock, at which everything was known; `undefined` before. */
  readonly knownAt: number | undefined;
  /**
   * How far the issuer's clock is ahead of this machine's, in milliseconds: at most, by as long as the question of this
   * connection was on its way.
   */
  readonly offset: number;
  /** How long what this connection said last was on its way, in milliseconds: at most. */
  readonly delay: number;
  /** A new connection, whose question leaves at this moment: what the former one left unfinished is void. */
  begin(asked: number): void;
  /**
   * Takes a message in, that came at this moment. Answers whether it shows a feed that works: everything is known again,
   * or more of a snapshot is.
   *
   * @throws {Error} for a message that leaves a gap: only another connection can close it.
   */
  take(message: FeedMessage, at: number): boolean;
}

interface Snapshot {
  readonly incarnation: string;
  readonly facts: RevocationFact[];
  readonly number: number;
  part: number;
  /** The greatest number that facts beside it had. */
  beyond: number;
}

type Of<K extends FeedMessage["kind"]> = Extract<FeedMessage, { kind: K }>;

/**
 * Puts together what a feed says. Facts are taken in at once, but the cursor moves only past what is known for sure: not
 * past a snapshot that is not complete, nor to the number of a heartbeat whose facts have not come. So wherever a
 * connection breaks, the next one brings what is missing.
 *
 * `learned` is told of facts when they are in force, and whether they are all that counts of what was known. Does not
 * check: who sends.
 */
export function createFeedKnowledge(
  learned: (facts: readonly RevocationFact[], isAnew: boolean) => void,
): FeedKnowledge {
  let set = new RevocationSet();
  let known: { incarnation: string; number: number } | undefined;
  let pending: Snapshot | undefined;
  let awaited: { number: number; at: number; received: number } | undefined;
  let knownAt: number | undefined;
  let newest = Number.NEGATIVE_INFINITY;
  let offset = 0;
  let delay = 0;
  let questioned = 0;
  /** What the issuer last said that the time is. */
  let latest = 0;
  /** Learned since then. */
  let undated: RevocationFact[] = [];

  function add(facts: readonly RevocationFact[]): void {
    for (const fact of facts) {
      set.add(fact, latest);
      undated.push(fact);
    }
    learned(facts, false);
  }

  /**
   * How long facts matter goes by the issuer's clock alone. This machine's may jump and be put back, and what it made the
   * guard forget would not come again.
   */
  function date(at: number): void {
    latest = at;
    for (const fact of undated) set.add(fact, at);
    undated = [];
    set.prune(at);
  }

  /**
   * Everything up to the issuer's moment `at` is known. What says so twice says nothing the second time.
   *
   * The first answer was written after its question had left, and nothing comes before it was written: between the two lies
   * the offset of the clocks. What comes later than that was held back on its way, and is as old as it is.
   */
  function upTo(at: number, received: number): boolean {
    if (at <= newest) return false;
    const isFirst = newest === Number.NEGATIVE_INFINITY;
    newest = at;
    offset = Math.max(isFirst ? at - questioned : offset, at - received);
    knownAt = at - offset;
    delay = received - knownAt;
    return true;
  }

  function takeSnapshot(message: Of<"snapshot">, received: number): boolean {
    const { incarnation, number, part, last, facts, at } = message;
    if (pending === undefined || pending.incarnation !== incarnation || pending.number !== number) {
      if (part !== 0) throw new Error("a snapshot without its beginning");
      pending = { incarnation, number, part: -1, facts: [], beyond: number };
    }
    if (part <= pending.part) return false;
    if (part > pending.part + 1) throw new Error("a snapshot with a gap");
    pending.part = part;
    for (const fact of facts) pending.facts.push(fact);
    if (!last) return true;
    const whole = pending;
    pending = undefined;
    // Numbers of another incarnation say nothing here, and its versions may have gone back. Within one, facts only grow.
    const isAnew = known !== undefined && known.incarnation !== incarnation;
    const before = known === undefined || isAnew ? 0 : known.number;
    date(at);
    if (isAnew) set = new RevocationSet();
    known = { incarnation, number: Math.max(before, whole.beyond) };
    for (const fact of whole.facts) set.add(fact, at);
    learned(whole.facts, isAnew);
    upTo(at, received);
    return true;
  }

  function takeFacts({ incarnation, number, facts }: Of<"facts">): boolean {
    if (pending?.incarnation === incarnation) {
      for (const fact of facts) pending.facts.push(fact);
      pending.beyond = Math.max(pending.beyond, number);
      if (known?.incarnation === incarnation) add(facts);
      return false;
    }
    if (known?.incarnation !== incarnation) throw new Error("facts of an incarnation without its snapshot");
    add(facts);
    known.number = Math.max(known.number, number);
    if (awaited === undefined || awaited.number > known.number) return false;
    const { at, received: heard } = awaited;
    awaited = undefined;
    return upTo(at, heard);
  }

  function takeHeartbeat({ incarnation, number, at }: Of<"heartbeat">, received: number): boolean {
    if (at > newest) date(at);
    if (pending !== undefined) return false;
    if (known?.incarnation !== incarnation) throw new Error("a heartbeat of an incarnation without its snapshot");
    if (number <= known.number) return upTo(at, received);
    awaited = { number, at, received };
    return false;
  }

  return {
    get set() {
      return set;
    },
    get cursor() {
      return known && `${known.incarnation}:${known.number}`;
    },
    get knownAt() {
      return knownAt;
    },
    get offset() {
      return offset;
    },
    get delay() {
      return delay;
    },
    begin(asked) {
      questioned = asked;
      delay = 0;
      pending = undefined;
      awaited = undefined;
      // The issuer's clock may have been set back: the next connection starts its own count.
      newest = Number.NEGATIVE_INFINITY;
    },
    take(message, received) {
      if (message.kind === "snapshot") return takeSnapshot(message, received);
      if (message.kind === "facts") return takeFacts(message);
      return takeHeartbeat(message, received);
    },
  };
}
