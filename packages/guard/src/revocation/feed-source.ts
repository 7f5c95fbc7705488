import { AnsweredOtherwise } from "../issuer/fetch-json.ts";
import { createBackoff } from "./backoff.ts";
import { readFeedStream } from "./feed-stream.ts";
import { assertKnown } from "./knowledge-gate.ts";
import type { RevocationSource, SourceParts } from "./revocation-source.ts";

/** A connection that shows nothing new for so long, or shows it so late, is given up, in milliseconds: three heartbeats. */
const STALL_MS = 15_000;
/** How long the first calls wait for the first connection, in milliseconds. */
const FIRST_MS = 5_000;

/**
 * One connection to the issuer's feed, made at the first question and made again whenever it ends. While nothing is known
 * yet, questions wait for the first attempt; later they are answered at once, whatever the connection does.
 */
export function createFeedSource({ knowledge, request, revocation, world, timer }: SourceParts): RevocationSource {
  const { maxAge, trust } = revocation;
  const closing = new AbortController();
  const backoff = createBackoff((bytes) => world.random(bytes));
  const stall = Math.min(STALL_MS, maxAge / 2);
  let first: { readonly over: Promise<void>; end(): void } | undefined;
  let isFirst = true;
  let failure: unknown;

  const endFirst = () => {
    isFirst = false;
    first?.end();
  };

  /** Reads one connection; answers the wait that the issuer asked for, in milliseconds. Rejects where it failed. */
  async function connect(worked: () => void): Promise<number> {
    const connection = new AbortController();
    const giveUp = () => connection.abort(new Error("the feed stalled"));
    const stop = () => connection.abort(closing.signal.reason);
    closing.signal.addEventListener("abort", stop);
    let cancel = timer(giveUp, stall);
    let retry = 0;
    try {
      await readFeedStream(request, knowledge.cursor, {
        signal: connection.signal,
        begin: () => knowledge.begin(world.now()),
        take(message) {
          if (!knowledge.take(message, world.now())) return;
          worked();
          // Another connection finds out which of the two it is.
          if (knowledge.delay > stall) throw new Error("the feed is late, or a clock was moved");
          if (knowledge.knownAt !== undefined) endFirst();
          cancel();
          cancel = timer(giveUp, stall);
        },
        retry: (ms) => {
          retry = ms;
        },
      });
      return retry;
    } finally {
      cancel();
      closing.signal.removeEventListener("abort", stop);
      // Whatever is left of the connection goes.
      connection.abort();
    }
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    closing.signal.addEventListener("abort", wake);
    const cancel = timer(wake, ms);
    if (!closing.signal.aborted) await promise;
    cancel();
    closing.signal.removeEventListener("abort", wake);
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!closing.signal.aborted) {
      failures += 1;
      let asked: number | undefined;
      try {
        asked = await connect(() => {
          failures = 0;
          failure = undefined;
        });
      } catch (cause) {
        failure = cause;
        if (cause instanceof AnsweredOtherwise) asked = (cause.retryAfter ?? 0) * 1000;
      }
      endFirst();
      await pause(backoff(failures, asked));
    }
  }

  function start(): { readonly over: Promise<void>; end(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = timer(endFirst, FIRST_MS);
    const started = { over: promise.finally(cancel), end: resolve };
    first = started;
    void run();
    return started;
  }

  return {
    ask() {
      const { over } = first ?? start();
      const answer = () => assertKnown(knowledge, { now: world.now(), maxAge, trust, failure });
      return isFirst ? over.then(answer) : answer();
    },
    close() {
      closing.abort(new Error("the guard was closed"));
      failure ??= closing.signal.reason;
      endFirst();
    },
  };
}
