import { afterEach, describe, expect, test, vi } from "vitest";
import { processAlive } from "../../testing/process-alive.ts";
import { defaultParameters } from "./parameters.ts";
import { createHashSharing } from "./shared-pool.ts";

const job = { act: "hash", password: "seven plums in winter", parameters: defaultParameters } as const;
const hashed = { encoded: expect.stringMatching(/^\$argon2id\$/) };

describe("the hashing of a process", () => {
  afterEach(() => void vi.useRealTimers());

  test("is one for all who share it, and ends for nobody but who closes it", async () => {
    const share = createHashSharing();
    const [one, other] = [share(), share()];
    expect(one.statistics().processes).toEqual([]);
    for (const each of [one, other]) expect(await each.run(job)).toEqual(hashed);
    expect(one.statistics().processes).toHaveLength(1);
    expect(other.statistics()).toEqual(one.statistics());
    const late = one.run(job);
    await one.close();
    await expect(late).rejects.toMatchObject({ reason: "busy", retryAfter: 1 });
    await expect(one.run(job)).rejects.toMatchObject({ reason: "busy" });
    expect(await other.run(job)).toEqual(hashed);
    await other.close();
  });

  test("ends when nobody has shared it for ten seconds, and comes back for the next one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const share = createHashSharing();
    const first = share();
    const starting = first.run(job);
    expect(await starting).toEqual(hashed);
    const [pid = 0] = first.statistics().processes;
    await first.close();
    await first.close();
    vi.advanceTimersByTime(9_000);
    const second = share();
    expect(await second.run(job)).toEqual(hashed);
    vi.advanceTimersByTime(9_000);
    expect(processAlive(pid)).toBe(true);
    await second.close();
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await expect.poll(() => processAlive(pid)).toBe(false);
    const third = share();
    expect(await third.run(job)).toEqual(hashed);
    await third.close();
  });
});
