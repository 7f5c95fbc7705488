import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Turns } from "./turns.ts";

describe("turns", () => {
  test("one has it at a time, in the order of arrival", async () => {
    const turns = new Turns(1000);
    const events: string[] = [];
    const work = async (name: string) => {
      const release = await turns.take();
      events.push(`${name} begins`);
      await tick();
      events.push(`${name} ends`);
      release();
    };
    await Promise.all(["a", "b", "c"].map(work));
    expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    const release = await turns.take();
    release();
  });

  test("nobody who comes later slips in while a turn passes on", async () => {
    const turns = new Turns(1000);
    const events: string[] = [];
    const first = await turns.take();
    const second = turns.take().then((release) => [events.push("second"), release] as const);
    first();
    const third = turns.take().then((release) => [events.push("third"), release] as const);
    (await second)[1]();
    (await third)[1]();
    expect(events).toEqual(["second", "third"]);
  });

  test("corpus 77: who has waited too long gives up, and the others do not wait for it", async () => {
    const turns = new Turns(20);
    const release = await turns.take();
    await expect(turns.take()).rejects.toMatchObject({ reason: "unavailable" });
    release();
    const next = await turns.take();
    next();
  });

  test("who finds the queue full is told to come back, and those in it keep their turns", async () => {
    const turns = new Turns(1000, 2);
    const release = await turns.take();
    const waiting = [turns.take(), turns.take()];
    await expect(turns.take()).rejects.toMatchObject({ reason: "busy", retryAfter: 1 });
    release();
    for (const turn of waiting) (await turn)();
    (await turns.take())();
  });

  test("a thousand may wait unless it is told otherwise", async () => {
    const turns = new Turns(10_000);
    const release = await turns.take();
    const waiting = Array.from({ length: 1000 }, () => turns.take());
    await expect(turns.take()).rejects.toMatchObject({ reason: "busy" });
    release();
    for (const turn of waiting) (await turn)();
  });

  test("a long queue leaves the process time for other things", async () => {
    const turns = new Turns(10_000);
    let ticks = 0;
    let over = false;
    const others = (async () => {
      for (; !over; ticks += 1) await tick();
    })();
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const release = await turns.take();
        release();
      }),
    );
    over = true;
    await others;
    expect(ticks).toBeGreaterThan(50);
  });
});
