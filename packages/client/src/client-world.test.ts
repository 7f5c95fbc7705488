import { afterEach, expect, test, vi } from "vitest";
import { systemClientWorld } from "./client-world.ts";

afterEach(() => vi.restoreAllMocks());

const timersThatHoldTheProgram = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

test("a timer in the background lets the program end, another does not", () => {
  const before = timersThatHoldTheProgram();
  const cancelBackground = systemClientWorld.setTimer(() => undefined, 60_000, true);
  expect(timersThatHoldTheProgram()).toBe(before);
  const cancel = systemClientWorld.setTimer(() => undefined, 60_000);
  expect(timersThatHoldTheProgram()).toBe(before + 1);
  cancelBackground();
  cancel();
  expect(timersThatHoldTheProgram()).toBe(before);
});

test("a wait longer than timers know is cut, where a timer would go off at once", () => {
  const setTimeout = vi.spyOn(globalThis, "setTimeout");
  systemClientWorld.setTimer(() => undefined, 2 ** 40)();
  expect(setTimeout).toHaveBeenCalledWith(expect.any(Function), 2 ** 31 - 1);
});

test("a timer calls back once", async () => {
  const calls: number[] = [];
  await new Promise<void>((resolve) => {
    systemClientWorld.setTimer(() => {
      calls.push(systemClientWorld.monotonic());
      resolve();
    }, 1);
  });
  expect(calls).toHaveLength(1);
});
