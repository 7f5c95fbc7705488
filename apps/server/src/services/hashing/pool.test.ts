import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, constants, getPriority } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { processAlive } from "../../testing/process-alive.ts";
import type { HashJob } from "./job.ts";
import { defaultParameters } from "./parameters.ts";
import { createHashPool, type HashPool, type HashPoolOptions } from "./pool.ts";

const job: HashJob = { act: "hash", password: "correct horse", parameters: defaultParameters };
/** No test here waits for a deadline unless it says so. */
const PATIENT = { deadlineMs: 60_000 };

/** Where all cores are taken, the lowest priority makes a second or two of each hash. */
const BUSY_MACHINE = { timeout: 180_000 };

let pool: HashPool | undefined;
const open = (options: HashPoolOptions = {}) => {
  pool = createHashPool({ ...PATIENT, ...options });
  return pool;
};
afterEach(async () => {
  await pool?.close();
});

/** A pool of one process that is held still over its first job, so that everything else can be looked at in peace. */
function held(options: HashPoolOptions = {}) {
  const pool = open({ processes: 1, hurryMs: 60_000, ...options });
  const first = pool.run(job);
  const [pid = 0] = pool.statistics().processes;
  process.kill(pid, "SIGSTOP");
  return { pool, pid, first };
}

// sched(7)
const SCHED_OTHER = 0;
const SCHED_IDLE = 5;

/** Field 41 of proc_pid_stat(5); the second, the name, may hold spaces. */
function schedulingPolicy(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
  return Number(afterName.split(" ")[41 - 3]);
}

describe("hashing happens in processes of its own", () => {
  test("which are made at first use, and kept", async () => {
    const pool = open({ processes: 2 });
    expect(pool.statistics()).toEqual({ processes: [], running: 0, waiting: 0 });
    await pool.run(job);
    const { processes } = pool.statistics();
    expect(processes).toHaveLength(1);
    expect(processes).not.toContain(process.pid);
    await pool.run(job);
    expect(pool.statistics().processes).toEqual(processes);
  });

  test("of the lowest priority", async () => {
    const pool = open({ processes: 1, hurryMs: 60_000 });
    await pool.run(job);
    const [pid = 0] = pool.statistics().processes;
    expect(getPriority(pid)).toBe(constants.priority.PRIORITY_LOW);
  });

  test("of which one that gets no turn is replaced, by one that waits for less, and its job is done", async () => {
    const { pool, pid, first } = held({ hurryMs: 50 });
    expect(await first).toHaveProperty("encoded");
    const [other = 0, ...more] = pool.statistics().processes;
    expect(more).toEqual([]);
    expect(other).not.toBe(pid);
    expect(getPriority(other)).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
    await expect.poll(() => processAlive(pid)).toBe(false);
    await pool.run(job);
    expect(pool.statistics().processes).toEqual([other]);
  });

  describe.runIf(existsSync("/usr/bin/chrt"))("which on Linux", () => {
    test("run when nobody else wants the core", async () => {
      const pool = open({ processes: 1, hurryMs: 60_000 });
      await pool.run(job);
      const [pid = 0] = pool.statistics().processes;
      expect(schedulingPolicy(pid)).toBe(SCHED_IDLE);
    });

    test("get a little of a busy core when they would wait too long", async () => {
      const { pool, first } = held({ hurryMs: 50 });
      await first;
      expect(pool.statistics().processes.map(schedulingPolicy)).toEqual([SCHED_OTHER]);
    });
  });

  test("one fewer than there are cores, and one at least", BUSY_MACHINE, async () => {
    const pool = open();
    await Promise.all(Array.from({ length: 24 }, () => pool.run(job)));
    expect(pool.statistics().processes).toHaveLength(Math.min(24, Math.max(1, availableParallelism() - 1)));
  });

  test("which work at the same time, up to their number", async () => {
    const pool = open({ processes: 2 });
    const jobs = Promise.all(Array.from({ length: 5 }, () => pool.run(job)));
    expect(pool.statistics()).toMatchObject({ running: 2, waiting: 3 });
    expect(pool.statistics().processes).toHaveLength(2);
    await jobs;
    expect(pool.statistics()).toMatchObject({ running: 0, waiting: 0 });
  });

  test("in the order of arrival", async () => {
    const pool = open({ processes: 1 });
    const finished: number[] = [];
    const jobs = [0, 1, 2, 3, 4].map(async (at) => {
      await pool.run(job);
      finished.push(at);
    });
    await Promise.all(jobs);
    expect(finished).toEqual([0, 1, 2, 3, 4]);
  });

  test("and a stop signal to the whole group does not cut short what the parent still answers", async () => {
    const pool = open({ processes: 1, hurryMs: 60_000 });
    await pool.run(job);
    const [pid = 0] = pool.statistics().processes;
    const running = pool.run(job);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(pid, signal);
    expect(await running).toHaveProperty("encoded");
    expect(pool.statistics().processes).toEqual([pid]);
  });
});

describe("corpus 70: a flood is refused early", () => {
  test(
    "of 100 at once, so many are hashed as have room, and the others are told when to come back",
    BUSY_MACHINE,
    async () => {
      const pool = open();
      const size = Math.max(1, availableParallelism() - 1);
      const flood = Promise.allSettled(Array.from({ length: 100 }, () => pool.run(job)));
      expect(pool.statistics().processes.length).toBe(Math.min(size, 100));
      expect(pool.statistics()).toMatchObject({ running: Math.min(size, 100), waiting: Math.min(32, 100 - size) });
      const results = await flood;
      const refused = results.filter((result) => result.status === "rejected");
      expect(results.length - refused.length).toBe(Math.min(100, size + 32));
      for (const { reason } of refused) {
        expect(reason).toMatchObject({ name: "Refusal", reason: "busy", retryAfter: PATIENT.deadlineMs / 1000 });
      }
    },
  );

  test("with the settings of a server, each of the 100 is hashed or told when to come back", BUSY_MACHINE, async () => {
    pool = createHashPool();
    const attempts = Array.from({ length: 100 }, () => pool?.run(job));
    for (const result of await Promise.allSettled(attempts)) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ reason: "busy", retryAfter: 2 });
      else expect(result.value).toHaveProperty("encoded");
    }
    expect(pool.statistics()).toMatchObject({ waiting: 0 });
  });

  test("there is room again as soon as one is done", async () => {
    const { pool, pid, first } = held({ queue: 1 });
    const waiting = pool.run(job);
    await expect(pool.run(job)).rejects.toMatchObject({ reason: "busy" });
    process.kill(pid, "SIGCONT");
    await first;
    const later = pool.run(job);
    expect(await waiting).toHaveProperty("encoded");
    expect(await later).toHaveProperty("encoded");
  });
});

describe("a job that takes too long", () => {
  test("to come to its turn is refused at its deadline, and the one that runs is finished", async () => {
    const { pool, pid, first } = held({ deadlineMs: 200 });
    const late = await Promise.allSettled([pool.run(job), pool.run(job)]);
    expect(late).toMatchObject([1, 2].map(() => ({ status: "rejected", reason: { reason: "busy", retryAfter: 1 } })));
    expect(pool.statistics()).toEqual({ processes: [pid], running: 1, waiting: 0 });
    process.kill(pid, "SIGCONT");
    expect(await first).toHaveProperty("encoded");
    expect(await pool.run(job)).toHaveProperty("encoded");
    expect(pool.statistics().processes).toEqual([pid]);
  });

  test("to come to an end is refused, and its process replaced", async () => {
    const { pool, pid, first } = held({ stuckMs: 200 });
    await expect(first).rejects.toMatchObject({ reason: "busy", retryAfter: 60 });
    expect(processAlive(pid)).toBe(false);
    expect(pool.statistics().processes).toEqual([]);
  });
});

describe("a process that dies", () => {
  test("fails its own job as busy, and the waiting ones go to its successor", async () => {
    const { pool, pid, first } = held();
    const waiting = pool.run(job);
    process.kill(pid, "SIGKILL");
    await expect(first).rejects.toMatchObject({ reason: "busy", retryAfter: 60 });
    expect(await waiting).toHaveProperty("encoded");
    expect(pool.statistics().processes).toHaveLength(1);
    expect(pool.statistics().processes).not.toContain(pid);
  });

  test("while it is idle is not missed", async () => {
    const pool = open({ processes: 1 });
    await pool.run(job);
    const [pid = 0] = pool.statistics().processes;
    process.kill(pid, "SIGKILL");
    await expect.poll(() => pool.statistics().processes).toEqual([]);
    expect(await pool.run(job)).toHaveProperty("encoded");
  });
});

describe("closing", () => {
  test("ends the processes, and refuses what runs, waits and comes later", async () => {
    const { pool, pid, first } = held();
    const jobs = Promise.allSettled([first, pool.run(job)]);
    await pool.close();
    expect(processAlive(pid)).toBe(false);
    expect(await jobs).toMatchObject([1, 2].map(() => ({ status: "rejected", reason: { reason: "busy" } })));
    await expect(pool.run(job)).rejects.toMatchObject({ reason: "busy" });
    expect(pool.statistics()).toEqual({ processes: [], running: 0, waiting: 0 });
  });

  test("twice, or before any use, is harmless", async () => {
    const pool = open();
    await pool.close();
    await pool.close();
    expect(pool.statistics().processes).toEqual([]);
  });
});

describe("options", () => {
  test.each([
    { processes: 0 },
    { queue: 0 },
    { deadlineMs: -1 },
    { stuckMs: 0.5 },
    { queue: Number.POSITIVE_INFINITY },
  ])("%j are refused", (options) => {
    expect(() => createHashPool(options)).toThrow("positive whole numbers");
  });
});

test("a hash that argon2 cannot read is said to have failed, and harms nobody", async () => {
  const pool = open({ processes: 1 });
  expect(await pool.run({ act: "verify", password: "x", encoded: "$2b$10$nothing" })).toHaveProperty("failed");
  expect(await pool.run(job)).toHaveProperty("encoded");
});
