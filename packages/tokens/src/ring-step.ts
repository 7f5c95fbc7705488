import type { Algorithm } from "./keys.ts";
import { type KeyLife, type KeyStatus, statusOf } from "./ring.ts";

const HOUR_MS = 60 * 60 * 1000;

/** How long a key is published before it signs: by then every guard that reaches the issuer knows it. */
export const PUBLISHED_MS = HOUR_MS;

/** How long a key signs. */
export const SIGNING_MS = 30 * 24 * HOUR_MS;

/** How many keys wait, published, for their turn. */
const SUCCESSORS = 2;

/** One change of a ring. Each leaves it sound, so a process may end between any two. */
export type RingStep =
  /** Makes a key of the wanted algorithm, and publishes it. */
  | { readonly act: "publish" }
  /** From now on this key signs, and that one only verifies. */
  | { readonly act: "activate"; readonly kid: string; readonly retire: string | undefined }
  /** Takes a key out that is past its life, or that will never be needed. */
  | { readonly act: "remove"; readonly kid: string };

/**
 * What a ring needs at this moment, `undefined` for nothing. To be asked again after each step: it ends with one key that
 * signs and two published successors of the wanted algorithm.
 *
 * A key signs for 30 days, or until a successor is ready where its algorithm is no longer the wanted one. Successors of
 * another algorithm stay until those of the wanted one are ready: should the signing key have to go, they can sign.
 *
 * @param now milliseconds since the epoch, by the clock that the ring's times are from
 */
export function nextRingStep(ring: readonly KeyLife[], wanted: Algorithm, now: number): RingStep | undefined {
  const [gone] = withStatus(ring, "gone", now);
  if (gone) return { act: "remove", kid: gone.kid };
  const [current] = withStatus(ring, "current", now);
  const successors = withStatus(ring, "next", now);
  if (!current) {
    const heir = heirOf(ring, wanted, now) ?? successors[0];
    return heir ? { act: "activate", kid: heir.kid, retire: undefined } : { act: "publish" };
  }
  const ours = successors.filter(({ alg }) => alg === wanted);
  if (ours.length < SUCCESSORS) return { act: "publish" };
  const ready = ours.filter((key) => readyAt(key) <= now);
  const isDue = current.alg !== wanted || (current.activatedAt ?? 0) + SIGNING_MS <= now;
  if (isDue && ready[0]) return { act: "activate", kid: ready[0].kid, retire: current.kid };
  const unwanted = successors.find(({ alg }) => alg !== wanted);
  return unwanted && ready.length >= SUCCESSORS ? { act: "remove", kid: unwanted.kid } : undefined;
}

/** The successor whose turn it is: the oldest that is ready, of the wanted algorithm where there is one. */
export function heirOf(ring: readonly KeyLife[], wanted: Algorithm, now: number): KeyLife | undefined {
  const ready = withStatus(ring, "next", now).filter((key) => readyAt(key) <= now);
  return ready.find(({ alg }) => alg === wanted) ?? ready[0];
}

/** When a key has been published for long enough to sign, in milliseconds since the epoch. */
export function readyAt({ publishedAt }: Pick<KeyLife, "publishedAt">): number {
  return publishedAt + PUBLISHED_MS;
}

/** The oldest first. */
function withStatus(ring: readonly KeyLife[], status: KeyStatus, now: number): KeyLife[] {
  return ring
    .filter((key) => statusOf(key, now) === status)
    .sort((one, other) => one.publishedAt - other.publishedAt || (one.kid < other.kid ? -1 : 1));
}
