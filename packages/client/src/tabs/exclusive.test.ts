import { describe, expect, test, vi } from "vitest";
import { systemClientWorld } from "../client-world.ts";
import type { Locks } from "../page.ts";
import { createStillWorld } from "../testing/test-world.ts";
import { createExclusive } from "./exclusive.ts";

/** Node has the locks of browsers; its types know a part of them. */
const { locks } = navigator as unknown as { readonly locks: Locks };
const PATIENCE = 25_000;

/** Another page that takes the lock and keeps it, and how to make it let go. */
async function frozen(name: string): Promise<() => void> {
  return await new Promise((resolve) => {
    const { signal } = new AbortController();
    void locks.request(name, { signal }, () => new Promise<void>((release) => resolve(release)));
  });
}

const idle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("work that only one may do at a time", () => {
  test.each([
    ["with locks", locks],
    ["client case 11: without locks", undefined],
  ])("is done in order in one page, %s, whatever fails", async (name, available) => {
    const exclusive = createExclusive({ name, patience: PATIENCE, locks: available, world: systemClientWorld });
    const done: string[] = [];
    const work = (step: string) => async () => {
      done.push(`${step} begins`);
      await idle();
      done.push(`${step} ends`);
      if (step === "first") throw new Error(step);
      return step;
    };
    const [first, second] = [exclusive(work("first")), exclusive(work("second"))];
    await expect(first).rejects.toThrow("first");
    expect(await second).toBe("second");
    expect(done).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  });

  test("waits for another page, and goes on as soon as that one is done", async () => {
    const exclusive = createExclusive({ name: "page", patience: PATIENCE, locks, world: createStillWorld() });
    const release = await frozen("page");
    const work = vi.fn(async () => "done");
    const done = exclusive(work);
    await idle();
    expect(work).not.toHaveBeenCalled();
    release();
    expect(await done).toBe("done");
  });

  test("client case 10: does not wait for ever for a page that is frozen", async () => {
    const world = createStillWorld();
    const exclusive = createExclusive({ name: "frozen", patience: PATIENCE, locks, world });
    const release = await frozen("frozen");
    const work = vi.fn(async () => "done");
    const done = exclusive(work);
    await idle();
    world.pass(PATIENCE - 1);
    await idle();
    expect(work).not.toHaveBeenCalled();
    world.pass(1);
    expect(await done).toBe("done");
    release();
  });

  test("client case 11: is done where the browser refuses its locks", async () => {
    const refusing: Locks = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };
    const exclusive = createExclusive({ name: "no", patience: PATIENCE, locks: refusing, world: systemClientWorld });
    expect(await exclusive(async () => "done")).toBe("done");
  });

  test("lets go of the lock afterwards, and leaves no timer", async () => {
    const world = createStillWorld();
    const exclusive = createExclusive({ name: "after", patience: PATIENCE, locks, world });
    await exclusive(async () => undefined);
    expect(world.timers).toEqual([]);
    (await frozen("after"))();
  });
});
