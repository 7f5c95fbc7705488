import { describe, expect, test } from "vitest";
import { GRACE_MS, judgeRefresh, LATE_STREAK_LIMIT, type PresentedRefresh, type RefreshState } from "./refresh.ts";
import { NOW } from "./testing/forge.ts";

const state: RefreshState = {
  gen: 7,
  genAt: NOW,
  late: false,
  streak: 0,
  clientId: "console",
  jkt: null,
  idleEnd: NOW + 1_000_000,
  absEnd: NOW + 2_000_000,
  endedAt: null,
};
const presented: PresentedRefresh = { gen: 7, clientId: "console", jkt: null };
const bound = { ...state, jkt: "key" };
const LATER = NOW + GRACE_MS;

const judge = (change: Partial<RefreshState>, what: Partial<PresentedRefresh>, now = LATER) =>
  judgeRefresh({ ...state, ...change }, { ...presented, ...what }, now);

describe("server case 3: the newest token", () => {
  test("rotates to the next generation", () => {
    expect(judge({}, {})).toEqual({ act: "rotate", gen: 8, streak: 0 });
  });

  test("keeps the streak where its predecessor came back late", () => {
    expect(judge({ late: true, streak: 2 }, {})).toEqual({ act: "rotate", gen: 8, streak: 2 });
  });

  test("ends the streak where its predecessor did not come back late", () => {
    expect(judge({ late: false, streak: 2 }, {})).toEqual({ act: "rotate", gen: 8, streak: 0 });
  });

  test("rotates the very first generation", () => {
    expect(judge({ gen: 0 }, { gen: 0 })).toEqual({ act: "rotate", gen: 1, streak: 0 });
  });

  test("rotates a bound session under its key", () => {
    expect(judgeRefresh(bound, { ...presented, jkt: "key" }, LATER)).toEqual({ act: "rotate", gen: 8, streak: 0 });
  });
});

describe("a generation that has a predecessor", () => {
  test("lasts for 10 seconds: until then its token is answered with itself, and nothing is written", () => {
    for (const now of [NOW, NOW + 1, NOW + 9_999]) {
      expect(judge({ streak: 2 }, { gen: 7 }, now)).toEqual({ act: "repeat", gen: 7 });
      expect(judgeRefresh(bound, { ...presented, jkt: "key" }, now)).toEqual({ act: "repeat", gen: 7 });
    }
    expect(judge({}, { gen: 7 }, NOW + 10_000)).toMatchObject({ act: "rotate" });
  });

  test("is every one but the first, which rotates at once", () => {
    expect(judge({ gen: 0 }, { gen: 0 }, NOW)).toMatchObject({ act: "rotate", gen: 1 });
  });
});

describe("server case 3: the token before the newest", () => {
  test("within 10 seconds gets the same successor, and no mark", () => {
    for (const now of [NOW, NOW + 1, NOW + 9_999])
      expect(judge({}, { gen: 6 }, now)).toEqual({ act: "repeat", gen: 7 });
  });

  test("after 10 seconds gets the same successor, and the generation is marked", () => {
    expect(judge({}, { gen: 6 }, NOW + 10_000)).toEqual({ act: "repeat", gen: 7, mark: { streak: 1 } });
    expect(judge({ streak: 1 }, { gen: 6 })).toEqual({ act: "repeat", gen: 7, mark: { streak: 2 } });
  });

  test("is marked once a generation", () => {
    expect(judge({ late: true, streak: 1 }, { gen: 6 })).toEqual({ act: "repeat", gen: 7 });
    expect(judge({ late: true, streak: 2 }, { gen: 6 })).toEqual({ act: "repeat", gen: 7 });
  });

  test("late in a third generation in a row is reuse", () => {
    expect(LATE_STREAK_LIMIT).toBe(3);
    expect(judge({ streak: 2 }, { gen: 6 })).toEqual({ act: "end", cause: "reuse" });
  });

  test("within 10 seconds is no reuse, whatever the streak", () => {
    expect(judge({ streak: 2 }, { gen: 6 }, NOW + 9_999)).toEqual({ act: "repeat", gen: 7 });
  });

  test("bound to the same key is a lost reply, however late", () => {
    const verdict = judgeRefresh({ ...bound, streak: 2 }, { ...presented, gen: 6, jkt: "key" }, NOW + 900_000);
    expect(verdict).toEqual({ act: "repeat", gen: 7 });
  });
});

describe("server case 3: any other generation", () => {
  test.each([5, 4, 0])("corpus 22: an older one (%i of 7) is reuse, also within 10 seconds", (gen) => {
    expect(judge({}, { gen }, NOW)).toEqual({ act: "end", cause: "reuse" });
    expect(judge({}, { gen })).toEqual({ act: "end", cause: "reuse" });
    expect(judgeRefresh(bound, { ...presented, gen, jkt: "key" }, NOW)).toEqual({ act: "end", cause: "reuse" });
  });

  test.each([8, 9, 1_000_000])("one ahead of the database (%i of 7) tells of a restored backup", (gen) => {
    expect(judge({}, { gen })).toEqual({ act: "end", cause: "refresh_ahead" });
  });
});

describe("a refresh is refused without any effect", () => {
  const generations = [0, 5, 6, 7, 8];

  test.each<[string, Partial<RefreshState>, Partial<PresentedRefresh>, object]>([
    ["corpus 25: of another client", {}, { clientId: "cli" }, { reason: "invalid_grant", cause: "wrong_client" }],
    ["without the proof that it needs", { jkt: "key" }, {}, { reason: "key_mismatch", cause: "wrong_proof" }],
    ["under another key", { jkt: "key" }, { jkt: "other" }, { reason: "key_mismatch", cause: "wrong_proof" }],
    ["with a proof that it cannot have", {}, { jkt: "key" }, { reason: "key_mismatch", cause: "unexpected_proof" }],
    ["when the session has ended", { endedAt: NOW - 1 }, {}, { reason: "invalid_grant", cause: "ended" }],
    ["ASVS 7.3.1: after the idle end", { idleEnd: LATER }, {}, { reason: "invalid_grant", cause: "expired" }],
    ["ASVS 7.3.2: after the absolute end", { absEnd: LATER }, {}, { reason: "invalid_grant", cause: "expired" }],
  ])("%s, whatever the generation", (_what, change, what, refusal) => {
    for (const gen of generations) expect(judge(change, { ...what, gen })).toEqual({ act: "refuse", ...refusal });
  });

  test("a stranger does not learn from the refusal that the session has ended or run out", () => {
    const dead = { endedAt: NOW - 1, idleEnd: NOW, absEnd: NOW };
    expect(judge(dead, { clientId: "cli" })).toMatchObject({ cause: "wrong_client" });
    expect(judge({ ...dead, jkt: "key" }, {})).toMatchObject({ reason: "key_mismatch" });
  });

  test("the last moment before the end still refreshes", () => {
    expect(judge({ idleEnd: LATER + 1, absEnd: LATER + 1 }, {})).toMatchObject({ act: "rotate" });
  });
});
