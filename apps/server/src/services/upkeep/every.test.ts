import { describe, expect, test, vi } from "vitest";
import { every } from "./every.ts";

describe("work in the background", () => {
  test("goes on after a failure, and reports each run of failures once", async () => {
    const failures: unknown[] = [];
    let runs = 0;
    const stop = every(
      1,
      async () => {
        runs += 1;
        if ([2, 3, 4, 6].includes(runs)) throw new Error(`run ${runs}`);
      },
      (cause) => failures.push(cause),
    );
    await vi.waitFor(() => expect(runs).toBeGreaterThan(7));
    expect(failures).toEqual([new Error("run 2"), new Error("run 6")]);
    await stop();
  });

  test("never runs twice at once, and stopping waits for what runs", async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const stop = every(
      1,
      async () => {
        most = Math.max(most, ++running);
        runs += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
      },
      () => undefined,
    );
    await vi.waitFor(() => expect(runs).toBeGreaterThan(2));
    await stop();
    expect([most, running]).toEqual([1, 0]);
  });
});
