import { expect, test } from "vitest";
import { createSingleFlight } from "./single-flight.ts";

test("whoever asks while work runs gets its outcome, and knows that it was another's", async () => {
  const inFlight = createSingleFlight();
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const work = async () => {
    runs += 1;
    await gate.promise;
  };
  const all = [inFlight(work), inFlight(work), inFlight(work)];
  gate.resolve();
  expect(await Promise.all(all)).toEqual(["own", "joined", "joined"]);
  expect(runs).toBe(1);
  expect(await inFlight(work)).toBe("own");
  expect(runs).toBe(2);
});

test("a failure is everybody's, and does not stay", async () => {
  const inFlight = createSingleFlight();
  const work = async () => {
    throw new Error("no");
  };
  const outcomes = await Promise.allSettled([inFlight(work), inFlight(work)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await inFlight(async () => undefined)).toBe("own");
});
