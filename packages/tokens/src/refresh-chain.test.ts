import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GRACE_MS, LATE_STREAK_LIMIT } from "./refresh.ts";
import { createRefreshServer } from "./testing/refresh-server.ts";

// Whole lives of sessions: a server, an honest client whose replies get lost, and a thief, in any order.

const RUNS = { numRuns: 500 };
const DAY_MS = 24 * 3600 * 1000;
/** Around the edge of the grace more often than anywhere else. */
const pause = fc.oneof(
  fc.integer({ min: 0, max: 2 * GRACE_MS }),
  fc.constantFrom(0, GRACE_MS - 1, GRACE_MS, GRACE_MS + 1),
  fc.integer({ min: 0, max: DAY_MS }),
);
const beyondGrace = fc.integer({ min: GRACE_MS, max: DAY_MS });

/** One refresh as its client lives it: when it is due, and how long after each lost reply it tries again. */
const refresh = fc.record({ due: pause, retries: fc.array(pause, { maxLength: 4 }) });

/**
 * An honest client refreshes, and tries again for as long as replies are lost. @returns which generation it has after that,
 * and for how long its token was answered with a successor
 */
function refreshOnce(server: ReturnType<typeof createRefreshServer>, gen: number, times: readonly number[]) {
  let answered = gen;
  let rotatedAt: number | undefined;
  for (const now of times) {
    const answer = server.present(gen, now);
    // What was answered once is answered again: itself while it is new, then the successor.
    expect([{ gen: Math.max(gen, answered) }, { gen: gen + 1 }]).toContainEqual(answer);
    if ("gen" in answer) answered = answer.gen;
    if (answered > gen) rotatedAt ??= now;
  }
  return { gen: answered, lateBy: rotatedAt === undefined ? undefined : (times.at(-1) ?? 0) - rotatedAt };
}

function timesOf(from: number, waits: readonly number[]): number[] {
  let now = from;
  return waits.map((wait) => {
    now += wait;
    return now;
  });
}

describe("client case 3, 4: an honest client alone", () => {
  test("is never signed out by lost replies, as long as no three refreshes in a row are retried late", () => {
    fc.assert(
      fc.property(fc.array(refresh, { maxLength: 30 }), (life) => {
        const server = createRefreshServer();
        let [now, gen, lateInARow] = [0, 0, 0];
        for (const { due, retries } of life) {
          const waits = lateInARow === LATE_STREAK_LIMIT - 1 ? retries.map(() => 1) : retries;
          const times = timesOf(now, [due, ...waits]);
          now = times.at(-1) ?? now;
          const { lateBy, ...after } = refreshOnce(server, gen, times);
          gen = after.gen;
          if (lateBy !== undefined) lateInARow = lateBy >= GRACE_MS ? lateInARow + 1 : 0;
        }
        expect(server.state()).toMatchObject({ gen, endedAt: null });
      }),
      RUNS,
    );
  });

  test("bound to its key, is never signed out by any number of lost replies, however late", () => {
    fc.assert(
      fc.property(fc.array(refresh, { maxLength: 30 }), (life) => {
        const server = createRefreshServer("key");
        let [now, gen] = [0, 0];
        for (const { due, retries } of life) {
          const times = timesOf(now, [due, ...retries]);
          now = times.at(-1) ?? now;
          ({ gen } = refreshOnce(server, gen, times));
        }
        expect(server.state()).toMatchObject({ gen, endedAt: null });
      }),
      RUNS,
    );
  });

  test("that loses three refreshes in a row for longer than the grace looks like a theft", () => {
    const server = createRefreshServer();
    const answers = [0, 1, 2].map((gen) => {
      server.present(gen, gen * 100_000);
      return server.present(gen, gen * 100_000 + GRACE_MS);
    });
    expect(answers).toEqual([{ gen: 1 }, { gen: 2 }, { ended: "reuse" }]);
  });

  test("that loses two of every three refreshes lives for ever", () => {
    const server = createRefreshServer();
    for (let gen = 0; gen < 300; gen++) {
      server.present(gen, gen * 100_000);
      if (gen % 3 !== 0) expect(server.present(gen, gen * 100_000 + GRACE_MS)).toEqual({ gen: gen + 1 });
    }
    expect(server.state()).toMatchObject({ gen: 300, endedAt: null });
  });
});

describe("corpus 21, server case 1: whoever asks, in any order", () => {
  const behind = fc.integer({ min: -2, max: 4 });

  test("a generation has one successor, and nothing older than the last but one ever gets it", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ wait: pause, behind }), { maxLength: 40 }), (requests) => {
        const server = createRefreshServer();
        let now = 0;
        for (const request of requests) {
          now += request.wait;
          const before = server.state();
          const gen = Math.max(0, before.gen - request.behind);
          const answer = server.present(gen, now);
          const after = server.state();
          if ("gen" in answer) expect(answer.gen).toBe(after.gen);
          if ("gen" in answer) expect([gen, gen + 1]).toContain(after.gen);
          expect([before.gen, gen + 1]).toContain(after.gen);
          expect(after.streak).toBeLessThan(LATE_STREAK_LIMIT);
          if (before.endedAt !== null) expect(answer).toEqual({ refused: "ended" });
          else if (gen < before.gen - 1) expect(answer).toEqual({ ended: "reuse" });
          else if (gen > before.gen) expect(answer).toEqual({ ended: "refresh_ahead" });
          if ("ended" in answer) expect(after.endedAt).toBe(now);
        }
      }),
      RUNS,
    );
  });

  test("client case 11: a request that others overtook on its way is answered, if it took less than 10 seconds", () => {
    const request = fc.record({ wait: pause, flight: fc.integer({ min: 0, max: GRACE_MS - 1 }) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        const server = createRefreshServer();
        /** Each goes out with the newest token there is at that moment, and arrives later. */
        const sent = timesOf(
          0,
          requests.map(({ wait }) => wait),
        ).map((at, index) => ({ at, arrives: at + (requests[index]?.flight ?? 0) }));
        const events = [
          ...sent.map(({ at }, index) => ({ time: at, index, kind: "out" as const })),
          ...sent.map(({ arrives }, index) => ({ time: arrives, index, kind: "in" as const })),
        ].sort((one, other) => one.time - other.time);
        const carries = new Map<number, number>();
        for (const { time, index, kind } of events) {
          if (kind === "out") carries.set(index, server.state().gen);
          else expect(server.present(carries.get(index) ?? 0, time)).toHaveProperty("gen");
        }
        expect(server.state()).toMatchObject({ late: false, streak: 0, endedAt: null });
      }),
      RUNS,
    );
  });

  test("what a request had read before others changed the row makes no second successor and revives nothing", () => {
    const request = fc.record({ wait: pause, behind, readAgo: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        const server = createRefreshServer();
        const history = [server.state()];
        let now = 0;
        for (const { wait, behind, readAgo } of requests) {
          now += wait;
          const before = server.state();
          const gen = Math.max(0, before.gen - behind);
          const answer = server.present(gen, now, null, history.at(-1 - readAgo));
          const after = server.state();
          if ("gen" in answer) expect([gen, gen + 1]).toContain(answer.gen);
          expect(after.gen === before.gen || (after.gen === gen + 1 && gen === before.gen)).toBe(true);
          if (before.endedAt !== null) expect(after).toEqual(before);
          history.push(after);
        }
      }),
      RUNS,
    );
  });

  test("a hundred requests that read the row at once make one generation, and all get it", () => {
    const server = createRefreshServer();
    const seen = server.state();
    const answers = Array.from({ length: 100 }, (_, at) => server.present(0, at, null, seen));
    expect(answers).toEqual(answers.map(() => ({ gen: 1 })));
    expect(server.state()).toMatchObject({ gen: 1, late: false, streak: 0, endedAt: null });
  });

  test("repeated answers do not lengthen the grace", () => {
    const server = createRefreshServer();
    for (let now = 0; now < GRACE_MS; now += 500) server.present(0, now);
    expect(server.state().late).toBe(false);
    server.present(0, GRACE_MS);
    expect(server.state()).toMatchObject({ late: true, streak: 1 });
  });
});

describe("corpus 22: an honest client and a thief who copied its token", () => {
  const party = fc.constantFrom("honest" as const, "thief" as const);
  const turn = fc.record({ party, wait: beyondGrace, replyLost: fc.boolean() });

  test("never both get three answers: the session ends, or only one of them goes on", () => {
    fc.assert(
      fc.property(fc.array(refresh, { maxLength: 3 }), fc.array(turn, { maxLength: 60 }), (earlier, turns) => {
        const server = createRefreshServer();
        let [now, gen] = [0, 0];
        for (const { due } of earlier) {
          now += due;
          ({ gen } = refreshOnce(server, gen, [now]));
        }
        const holds = { honest: gen, thief: gen };
        const got = { honest: 0, thief: 0 };
        for (const { party: who, wait, replyLost } of turns) {
          now += wait;
          const answer = server.present(holds[who], now);
          if (!("gen" in answer) || replyLost) continue;
          holds[who] = answer.gen;
          got[who] += 1;
          expect(Math.min(got.honest, got.thief)).toBeLessThan(LATE_STREAK_LIMIT);
        }
      }),
      RUNS,
    );
  });

  test("who both go on refreshing in turn are both out in the third round", () => {
    const server = createRefreshServer();
    const answers = [0, 0, 1, 1, 2, 2, 3, 3].map((gen, at) => server.present(gen, at * 2 * GRACE_MS));
    expect(answers).toEqual([
      { gen: 1 },
      { gen: 1 },
      { gen: 2 },
      { gen: 2 },
      { gen: 3 },
      { ended: "reuse" },
      { refused: "ended" },
      { refused: "ended" },
    ]);
  });

  test("who is two refreshes behind ends the session with the first try", () => {
    const server = createRefreshServer();
    server.present(0, 0);
    server.present(1, 100_000);
    expect(server.present(0, 100_001)).toEqual({ ended: "reuse" });
    expect(server.present(2, 200_000)).toEqual({ refused: "ended" });
  });

  test("without the key gets nothing and changes nothing, at any time", () => {
    const theft = fc.record({
      wait: pause,
      behind: fc.integer({ min: -2, max: 3 }),
      proof: fc.constantFrom(null, "his"),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(theft, fc.constant("honest" as const)), { maxLength: 40 }), (turns) => {
        const server = createRefreshServer("key");
        let now = 0;
        for (const turnOf of turns) {
          const before = server.state();
          if (turnOf === "honest") {
            now += GRACE_MS;
            expect(server.present(before.gen, now)).toEqual({ gen: before.gen + 1 });
            continue;
          }
          const gen = Math.max(0, before.gen - turnOf.behind);
          now += turnOf.wait;
          const answer = server.present(gen, now, turnOf.proof);
          expect(answer).toEqual({ refused: "wrong_proof" });
          expect(server.state()).toBe(before);
        }
      }),
      RUNS,
    );
  });
});
