import { availableParallelism } from "node:os";
import { Refusal } from "@countersign/tokens";
import type { HashAnswer, HashJob } from "./job.ts";
import type { Turn } from "./scheduling.ts";
import { type HashChild, startChild } from "./start-child.ts";

export interface HashPool {
  /** @throws {Refusal} `busy` with `retryAfter`: no room, not its turn in time, or the process died over it. */
  run(job: HashJob): Promise<HashAnswer>;
  statistics(): { readonly processes: readonly number[]; readonly running: number; readonly waiting: number };
  /** Ends the processes. What has not been answered is refused as `busy`, and so is everything later. */
  close(): Promise<void>;
}

export interface HashPoolOptions {
  /** How many hash at once. Default: one core is left to everything else, if there is more than one. */
  readonly processes?: number;
  /** How many more may wait. */
  readonly queue?: number;
  /** How long a job may wait for its turn, in milliseconds. */
  readonly deadlineMs?: number;
  /**
   * After how long a job that found no idle core begins again in a process that gets a little of a busy one, in
   * milliseconds. That process stays in the place of the first.
   */
  readonly hurryMs?: number;
  /**
   * How long a process may take for one job before it counts as stuck and is replaced, in milliseconds. Much longer than
   * a hash: where all cores are taken, the lowest priority gets little of them, and half a hash is of no use to anybody.
   */
  readonly stuckMs?: number;
}

interface Task {
  readonly job: HashJob;
  readonly deadline: NodeJS.Timeout;
  readonly resolve: (answer: HashAnswer) => void;
  readonly reject: (refusal: Refusal) => void;
}

interface Worker {
  readonly turn: Turn;
  readonly child: HashChild;
  task: Task | undefined;
  hurry: NodeJS.Timeout | undefined;
  stuck: NodeJS.Timeout | undefined;
}

/**
 * Hashes in a few processes that run when nobody else wants the core, with a short queue before them: a flood of sign-ins is refused
 * early and takes neither the memory nor the processor from calls that only verify tokens. Processes are started when
 * they are needed, kept, and replaced when they die.
 *
 * @throws {TypeError} for options that are not positive whole numbers.
 */
export function createHashPool(options: HashPoolOptions = {}): HashPool {
  const { processes = Math.max(1, availableParallelism() - 1), queue = 32 } = options;
  const { deadlineMs = 2000, hurryMs = 500, stuckMs = 30_000 } = options;
  if (![processes, queue, deadlineMs, hurryMs, stuckMs].every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new TypeError("the options of a hashing pool are positive whole numbers");
  }
  const workers = new Set<Worker>();
  const waiting: Task[] = [];
  let closed = false;

  // By then nothing of what waits now is waiting any more.
  const retryAfter = Math.ceil(deadlineMs / 1000);
  const busy = (detail: string, cause: { cause?: unknown } = {}) =>
    new Refusal("busy", { detail, retryAfter, ...cause });

  function run(job: HashJob): Promise<HashAnswer> {
    if (closed) return Promise.reject(busy("hashing has been closed"));
    if (waiting.length >= queue) return Promise.reject(busy("the hashing queue is full"));
    return new Promise((resolve, reject) => {
      const task: Task = { job, resolve, reject, deadline: setTimeout(() => giveUp(task), deadlineMs) };
      waiting.push(task);
      assign();
    });
  }

  function assign(): void {
    for (;;) {
      const idle = [...workers].find(({ task }) => !task);
      if (!idle && workers.size >= processes) return;
      const task = waiting.shift();
      if (!task) return;
      try {
        clearTimeout(task.deadline);
        give(task, idle ?? start("idle"));
      } catch (cause) {
        task.reject(busy("no hashing process could be started", { cause }));
      }
    }
  }

  function give(task: Task, worker: Worker): void {
    worker.task = task;
    if (worker.turn === "idle") worker.hurry = setTimeout(() => hurry(worker), hurryMs);
    worker.stuck = setTimeout(() => void worker.child.kill(), stuckMs);
    worker.child.send(task.job);
  }

  /** Its process waits in vain for an idle core: another one, which waits for less, takes its place and its task. */
  function hurry(worker: Worker): void {
    const { task } = worker;
    if (task === undefined) return;
    worker.task = undefined;
    clearTimeout(worker.stuck);
    workers.delete(worker);
    void worker.child.kill();
    try {
      give(task, start("hurried"));
    } catch (cause) {
      task.reject(busy("no hashing process could be started", { cause }));
    }
  }

  function start(turn: Turn): Worker {
    const child = startChild(turn, {
      answered: (answer) => release(worker)?.resolve(answer),
      gone: (why) => {
        workers.delete(worker);
        release(worker)?.reject(busy(`a hashing process has gone: ${why}`));
      },
    });
    const worker: Worker = { turn, child, task: undefined, hurry: undefined, stuck: undefined };
    workers.add(worker);
    return worker;
  }

  /** Takes its task from a worker, and gives the next one out. */
  function release(worker: Worker): Task | undefined {
    const { task } = worker;
    worker.task = undefined;
    clearTimeout(worker.hurry);
    clearTimeout(worker.stuck);
    assign();
    return task;
  }

  function giveUp(task: Task): void {
    waiting.splice(waiting.indexOf(task), 1);
    task.reject(busy("the deadline has passed in the hashing queue"));
  }

  return {
    run,
    statistics: () => ({
      processes: [...workers].flatMap(({ child }) => child.pid ?? []),
      running: [...workers].filter(({ task }) => task).length,
      waiting: waiting.length,
    }),
    close: async () => {
      closed = true;
      for (const task of waiting.splice(0)) {
        clearTimeout(task.deadline);
        task.reject(busy("hashing has been closed"));
      }
      await Promise.all([...workers].map(({ child }) => child.kill()));
    },
  };
}
