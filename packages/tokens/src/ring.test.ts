import { describe, expect, test } from "vitest";
import { LEEWAY_S, MAX_TOKEN_LIFE_S } from "./claims.ts";
import { PREVIOUS_MS, statusOf } from "./ring.ts";

const key = { kid: "k", alg: "EdDSA" as const, publishedAt: 0, activatedAt: null, retiredAt: null };

describe("a key in the ring", () => {
  test.each([
    ["is next while it is only published", key, 1e12, "next"],
    ["is current from its activation on, however long", { ...key, activatedAt: 10 }, 1e12, "current"],
    ["is previous when it is retired", { ...key, activatedAt: 10, retiredAt: 100 }, 100, "previous"],
    ["is previous for 20 minutes", { ...key, activatedAt: 10, retiredAt: 100 }, 99 + PREVIOUS_MS, "previous"],
    ["is gone after 20 minutes", { ...key, activatedAt: 10, retiredAt: 100 }, 100 + PREVIOUS_MS, "gone"],
    ["never turns current once it is retired", { ...key, retiredAt: 100 }, 100, "previous"],
  ])("%s", (_what, life, now, status) => {
    expect(statusOf(life, now)).toBe(status);
  });

  test("ASVS 13.3.4: outlives every token that it signed", () => {
    expect(PREVIOUS_MS).toBeGreaterThanOrEqual((MAX_TOKEN_LIFE_S + 2 * LEEWAY_S) * 1000);
  });
});
