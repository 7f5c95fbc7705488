import type { RevocationFact } from "@countersign/tokens";
import { z } from "zod";

interface Numbered {
  /** Which line of numbers this is: another one after a backup was restored. */
  readonly incarnation: string;
  readonly number: number;
}

/** What an issuer's feed says. */
export type FeedMessage =
  /** A part of everything that matters up to the number; only all of its parts together say that. */
  | (Numbered & {
      readonly kind: "snapshot";
      readonly at: number;
      readonly part: number;
      readonly last: boolean;
      readonly facts: readonly RevocationFact[];
    })
  /** Every fact up to the number that has not been sent before. */
  | (Numbered & { readonly kind: "facts"; readonly facts: readonly RevocationFact[] })
  /** The greatest number there is at that moment of the issuer's clock, in milliseconds. */
  | (Numbered & { readonly kind: "heartbeat"; readonly at: number });

/** Every kind of fact that carries a version: a new one in tokens does not compile here before it is read. */
const versioned = { session: true, account: true, service: true, audience: true } satisfies Record<
  Exclude<RevocationFact["kind"], "key">,
  true
>;

const number = z.int().min(0);
const id = z.string().min(1).max(255);
const kinds = Object.keys(versioned) as (keyof typeof versioned)[];
const fact = z.union([z.object({ kind: z.enum(kinds), id, least: number }), z.object({ kind: z.literal("key"), id })]);
const facts = z.array(fact);

const events = {
  snapshot: z.object({ kind: z.literal("snapshot"), number, at: number, part: number, last: z.boolean(), facts }),
  facts: z.object({ kind: z.literal("facts"), number, facts }),
  heartbeat: z.object({ kind: z.literal("heartbeat"), number, at: number }),
};
const answer = z.object({ incarnation: id, number, at: number, snapshot: z.boolean(), facts });

/**
 * Reads an event of the stream; `undefined` for one of another name, so that the feed may learn to say more.
 *
 * @throws {Error} for an event that is none of ours: a fact of an unknown kind too, since what it kills would stay alive.
 */
export function readFeedEvent(event: {
  event?: string | undefined;
  id?: string | undefined;
  data: string;
}): FeedMessage | undefined {
  const kind = event.event ?? "";
  if (kind !== "snapshot" && kind !== "facts" && kind !== "heartbeat") return undefined;
  const message = events[kind].parse({ ...JSON.parse(event.data), kind });
  return { ...message, incarnation: incarnationIn(event.id, message.number) };
}

/**
 * Reads the one answer of the form without a stream: the facts, and that there were no more at that moment.
 *
 * @throws {Error} for what is no answer.
 */
export function readFeedAnswer(document: unknown): readonly FeedMessage[] {
  const { incarnation, number, at, snapshot, facts } = answer.parse(document);
  if (snapshot) return [{ kind: "snapshot", incarnation, number, at, part: 0, last: true, facts }];
  return [
    { kind: "facts", incarnation, number, facts },
    { kind: "heartbeat", incarnation, number, at },
  ];
}

function incarnationIn(eventId = "", number: number): string {
  const end = `:${number}`;
  if (eventId.length > 300 || !eventId.endsWith(end) || eventId === end)
    throw new Error("an event of the feed without its id");
  return eventId.slice(0, -end.length);
}
