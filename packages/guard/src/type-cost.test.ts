import { beforeAll, describe, expect, test } from "vitest";
import { type ApiCost, createTypeCosts } from "./test-support/type-cost.ts";

/** Guarded APIs of so many procedures. */
let small: ApiCost;
let medium: ApiCost;
let large: ApiCost;
/** The large one on tRPC alone. */
let bare: ApiCost;
beforeAll(async () => {
  await using costs = await createTypeCosts();
  small = await costs.measure("guarded", 20);
  medium = await costs.measure("guarded", 200);
  large = await costs.measure("guarded", 1000);
  bare = await costs.measure("bare", 1000);
}, 300_000);

// What the compiler instantiates depends on the sources and the compiler alone, not on the machine. Times are in `bench`.
describe("a guarded router of a thousand procedures", () => {
  test("costs the compiler of the server at most 1.35 times what tRPC alone costs it", () => {
    expect(large.server.instantiations / bare.server.instantiations).toBeLessThanOrEqual(1.35);
  });

  test("costs the compiler of a consumer at most 1.2 times", () => {
    expect(large.consumer.instantiations / bare.consumer.instantiations).toBeLessThanOrEqual(1.2);
  });

  test("costs the compiler of a consumer by the SDK, which asks of each procedure whether it may be called, as little", () => {
    expect(large.sdk.instantiations / bare.consumer.instantiations).toBeLessThanOrEqual(1.2);
  });

  test.each(["server", "consumer", "sdk"] as const)(
    "costs as much for each procedure as a small one does, at the %s",
    (side) => {
      const perProcedure = (more: ApiCost, less: ApiCost, added: number) =>
        (more[side].instantiations - less[side].instantiations) / added;
      expect(perProcedure(large, medium, 800) / perProcedure(medium, small, 180)).toBeLessThanOrEqual(1.05);
    },
  );
});
