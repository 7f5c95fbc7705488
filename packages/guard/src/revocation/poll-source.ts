import { AnsweredOtherwise, fetchJson } from "../issuer/fetch-json.ts";
import { createBackoff } from "./backoff.ts";
import { readFeedAnswer } from "./feed-message.ts";
import { assertKnown, isYoung } from "./knowledge-gate.ts";
import type { RevocationSource, SourceParts } from "./revocation-source.ts";

/** The longest answer that is read, in bytes: some hundred thousand facts. */
const MAX_BYTES = 33_554_432;

/**
 * Asks the issuer what is new where what is known is too old for the call that asks. One request runs at a time, whoever
 * waits for it; after a failure the next one waits, and calls are answered meanwhile by what is known.
 */
export function createPollSource({ knowledge, request, revocation, world }: SourceParts): RevocationSource {
  const { maxAge, trust } = revocation;
  const backoff = createBackoff((bytes) => world.random(bytes));
  let running: Promise<void> | undefined;
  let isClosed = false;
  let failure: unknown;
  let failures = 0;
  let pause = { from: 0, ms: 0 };

  async function poll(): Promise<void> {
    try {
      const document = await request("application/json", knowledge.cursor, (url, fetch, init) => {
        knowledge.begin(world.now());
        return fetchJson(url, fetch, { ...init, maxBytes: MAX_BYTES, cache: "no-store" });
      });
      for (const message of readFeedAnswer(document)) knowledge.take(message, world.now());
      failures = 0;
      failure = undefined;
    } catch (cause) {
      failure = cause;
      const asked = cause instanceof AnsweredOtherwise ? (cause.retryAfter ?? 0) * 1000 : 0;
      pause = { from: world.now(), ms: backoff(failures, asked) };
      failures += 1;
    }
  }

  const isPausing = () => failure !== undefined && Math.abs(world.now() - pause.from) < pause.ms;

  return {
    ask() {
      const answer = () => assertKnown(knowledge, { now: world.now(), maxAge, trust, failure });
      if (isClosed || isYoung(knowledge.knownAt, world.now(), maxAge) || (!running && isPausing())) return answer();
      running ??= poll().finally(() => {
        running = undefined;
      });
      return running.then(answer);
    },
    close() {
      isClosed = true;
    },
  };
}
