import { expect, test } from "vitest";
import { within } from "./within.ts";

test("work that is done in time is answered, whether it is a promise or not", async () => {
  expect(await within(1000, async () => "later")).toBe("later");
  expect(await within(1000, () => "at once")).toBe("at once");
});

test("what the work throws comes out, also where it throws at once", async () => {
  const mistake = new Error("a mistake");
  await expect(within(1000, () => Promise.reject(mistake))).rejects.toBe(mistake);
  const throwing = within(1000, () => {
    throw mistake;
  });
  await expect(throwing).rejects.toBe(mistake);
});

test("work that never ends has failed when its time is over, and what comes of it later is nobody's", async () => {
  const late = Promise.withResolvers<void>();
  await expect(within(1, () => late.promise)).rejects.toThrow("not done within 1 ms");
  late.reject(new Error("too late"));
  await expect(late.promise).rejects.toThrow("too late");
});
