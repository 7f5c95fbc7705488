import { expect, test } from "vitest";
import { ClientError } from "../errors.ts";
import { createStillWorld } from "../testing/test-world.ts";
import { createCoolDown } from "./cool-down.ts";

const failure = new ClientError("unavailable", { status: 503 });

test("each failure in a row is followed by a longer wait, up to a minute", () => {
  const world = createStillWorld();
  const coolDown = createCoolDown(world);
  const waits = Array.from({ length: 9 }, () => {
    coolDown.failed("token", failure, undefined);
    let seconds = 0;
    for (; ; seconds += 1, world.pass(1_000)) {
      try {
        coolDown.assertOver("token");
        return seconds;
      } catch (error) {
        expect(error).toMatchObject({ reason: "unavailable", status: 503, retryAfter: expect.any(Number) });
      }
    }
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test("waits are lengthened by chance, and never cut short of what the server asked for", () => {
  const wait = (random: number, seconds: number | undefined) => {
    const world = createStillWorld(random);
    const coolDown = createCoolDown(world);
    coolDown.failed("token", failure, seconds);
    try {
      coolDown.assertOver("token");
    } catch (error) {
      return (error as ClientError).retryAfter;
    }
    return 0;
  };
  expect([wait(0, 90), wait(0.5, 90), wait(0.999, 90)]).toEqual([90, 113, 135]);
  expect([wait(0, undefined), wait(0.999, undefined)]).toEqual([1, 2]);
  expect(wait(0, 10 ** 9)).toBe(3_600);
});

test("a success forgets the failures, and one token's are not another's", () => {
  const coolDown = createCoolDown(createStillWorld());
  coolDown.failed("token", failure, undefined);
  expect(() => coolDown.assertOver("token")).toThrow(ClientError);
  coolDown.assertOver("other");
  coolDown.succeeded("token");
  coolDown.assertOver("token");
});

test("only the few keys that failed last are remembered", () => {
  const coolDown = createCoolDown(createStillWorld(), 2);
  for (const key of ["b", "a", "b", "c"]) coolDown.failed(key, failure, undefined);
  coolDown.assertOver("a");
  expect(() => coolDown.assertOver("b")).toThrow(ClientError);
  expect(() => coolDown.assertOver("c")).toThrow(ClientError);
});
