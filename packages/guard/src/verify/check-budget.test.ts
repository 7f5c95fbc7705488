import { Refusal } from "@countersign/tokens";
import { beforeEach, describe, expect, test } from "vitest";
import { type CheckBudget, createCheckBudget, FAILURES_PER_S, MOST_UNPROVEN } from "./check-budget.ts";

let now: number;
let budget: CheckBudget;
let checked: number;
beforeEach(() => {
  now = 0;
  checked = 0;
  budget = createCheckBudget({ capacity: 2, now: () => now });
});

/** What a token says of itself, signed by nobody: the budget never looks at a signature. */
const tokenOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
const genuine = (token: string) => {
  checked += 1;
  return Promise.resolve(`read ${token}`);
};
const forged = () => {
  checked += 1;
  return Promise.reject(new Refusal("token_invalid"));
};
const reasonOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => "let in",
    (cause: Refusal) => cause.reason,
  );

async function flood(count = MOST_UNPROVEN): Promise<void> {
  for (let index = 0; index < count; index++) await reasonOf(budget.spend(tokenOf({ sid: "forger" }), forged));
}

describe("the budget of failed checks", () => {
  test("is not touched by checks that succeed, however many", async () => {
    for (let index = 0; index < 3 * MOST_UNPROVEN; index++) await budget.spend(tokenOf({ sid: `${index}` }), genuine);
    expect(checked).toBe(3 * MOST_UNPROVEN);
  });

  test("used up, sends tokens away without a check, to come again in a second", async () => {
    await flood();
    await expect(budget.spend(tokenOf({ sid: "stranger" }), genuine)).rejects.toMatchObject({
      reason: "busy",
      retryAfter: 1,
    });
    expect(checked).toBe(MOST_UNPROVEN);
  });

  test("counts checks that still run", async () => {
    const held = Promise.withResolvers<string>();
    const running = Array.from({ length: MOST_UNPROVEN }, () => budget.spend("a.b.c", () => held.promise));
    expect(await reasonOf(budget.spend("a.b.c", genuine))).toBe("busy");
    held.resolve("genuine");
    await Promise.all(running);
    expect(await reasonOf(budget.spend("a.b.c", genuine))).toBe("let in");
  });

  test("comes back with time, and never grows beyond its bound", async () => {
    await flood();
    now += 1000 / FAILURES_PER_S;
    expect(await reasonOf(budget.spend(tokenOf({}), forged))).toBe("token_invalid");
    expect(await reasonOf(budget.spend(tokenOf({}), forged))).toBe("busy");
    now += 3_600_000;
    checked = 0;
    await flood(2 * MOST_UNPROVEN);
    expect(checked).toBe(MOST_UNPROVEN);
  });

  test("survives a clock that is set back", async () => {
    now = 3_600_000;
    await flood();
    now = 0;
    expect(await reasonOf(budget.spend(tokenOf({}), genuine))).toBe("busy");
    now += 1000;
    expect(await reasonOf(budget.spend(tokenOf({}), genuine))).toBe("let in");
  });

  test.each(["unknown_key", "unavailable", "revocation_unknown", "clock_skew"] as const)(
    "is not charged for %s, where no signature was checked",
    async (reason) => {
      for (let index = 0; index < 2 * MOST_UNPROVEN; index++) {
        expect(await reasonOf(budget.spend("a.b.c", () => Promise.reject(new Refusal(reason))))).toBe(reason);
      }
    },
  );
});

describe("beside a flood", () => {
  test("the next token of a session that was seen is checked, as often as it comes", async () => {
    await budget.spend(tokenOf({ sid: "ann", jti: "1" }), genuine);
    await flood();
    expect(await reasonOf(budget.spend(tokenOf({ sid: "ann", jti: "2" }), genuine))).toBe("let in");
    expect(await reasonOf(budget.spend(tokenOf({ sid: "ann", jti: "3" }), genuine))).toBe("let in");
  });

  test("so is that of a service, by its subject", async () => {
    await budget.spend(tokenOf({ sub: "billing", jti: "1" }), genuine);
    await flood();
    expect(await reasonOf(budget.spend(tokenOf({ sub: "billing", jti: "2" }), genuine))).toBe("let in");
  });

  test("a session stays recommended where nothing could be checked", async () => {
    await budget.spend(tokenOf({ sid: "ann", jti: "1" }), genuine);
    await flood();
    const unknowing = () => Promise.reject(new Refusal("revocation_unknown"));
    for (let index = 0; index < 3; index++) {
      expect(await reasonOf(budget.spend(tokenOf({ sid: "ann", jti: "2" }), unknowing))).toBe("revocation_unknown");
    }
    expect(await reasonOf(budget.spend(tokenOf({ sid: "ann", jti: "2" }), genuine))).toBe("let in");
  });

  test("a forger who knows a session gains one check", async () => {
    await budget.spend(tokenOf({ sid: "ann", jti: "1" }), genuine);
    await flood();
    checked = 0;
    const outcomes = Array.from({ length: 10 }, () => reasonOf(budget.spend(tokenOf({ sid: "ann" }), forged)));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["token_invalid", "busy"]));
    expect(checked).toBe(1);
    expect(await reasonOf(budget.spend(tokenOf({ sid: "ann", jti: "2" }), genuine))).toBe("busy");
  });

  test("no more sessions are remembered than there is room for, the newest", async () => {
    for (const sid of ["ann", "bea", "cid"]) await budget.spend(tokenOf({ sid }), genuine);
    await flood();
    const outcomes = ["ann", "bea", "cid"].map((sid) => reasonOf(budget.spend(tokenOf({ sid }), genuine)));
    expect(await Promise.all(outcomes)).toEqual(["busy", "let in", "let in"]);
  });

  test.each(["", "a", "a.b.c", "a.!.c", `a.${btoa("[1]")}.c`, `a.${btoa("null")}.c`])(
    "%j names no session",
    async (token) => {
      await flood();
      expect(await reasonOf(budget.spend(token, genuine))).toBe("busy");
    },
  );
});
