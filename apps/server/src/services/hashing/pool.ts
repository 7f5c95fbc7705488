import { availableParallelism } from "node:os";
import { Refusal } from "@countersign/tokens";
import type { HashAnswer, HashJob } from "./job.ts";
import { type HashChild, startChild } from "./start-child.ts";

export interface HashPool {
  /** @throws {Refusal} `busy` with `retryAfter`: no room, no answer in time, or the process died over it. */
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
  /** How long a job may take from its arrival, in milliseconds. */
  readonly deadlineMs?: number;
  /** How long after that a process may go on before it counts as stuck and is replaced, in milliseconds. */
  readonly stuckMs?: number;
}

interface Task {
  readonly job: HashJob;
  readonly deadline: NodeJS.Timeout;
  readonly resolve: (answer: HashAnswer) => void;
  readonly reject: (refusal: Refusal) => void;
}

interface Worker {
  readonly child: HashChild;
  task: Task | undefined;
  /** Runs from the deadline of its task on. */
  stuck: NodeJS.Timeout | undefined;
}

/**
 * Hashes in a few processes of the lowest priority, with a short queue before them: a flood of sign-ins is refused
 * early and takes neither the memory nor the processor from calls that only verify tokens. Processes are started when
 * they are needed, kept, and replaced when they die.
 *
 * @throws {TypeError} for options that are not positive whole numbers.
 */
export function createHashPool(options: HashPoolOptions = {}): HashPool {
  const { processes = Math.max(1, availableParallelism() - 1), queue = 32 } = options;
  const { deadlineMs = 2000, stuckMs = 30_000 } = options;
  if (![processes, queue, deadlineMs, stuckMs].every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new TypeError("the options of a hashing pool are positive whole numbers");
  }
  const workers = new Set<Worker>();
  const waiting: Task[] = [];
  let closed = false;

  // By then everything that waits now has been answered or given up.
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
        give(task, idle ?? start());
      } catch (cause) {
        clearTimeout(task.deadline);
        task.reject(busy("no hashing process could be started", { cause }));
      }
    }
  }

  function give(task: Task, worker: Worker): void {
    worker.task = task;
    worker.child.send(task.job);
  }

  function start(): Worker {
    const child = startChild({
      answered: (answer) => release(worker)?.resolve(answer),
      gone: (why) => {
        workers.delete(worker);
        release(worker)?.reject(busy(`a hashing process has gone: ${why}`));
      },
    });
    const worker: Worker = { child, task: undefined, stuck: undefined };
    workers.add(worker);
    return worker;
  }

  /** Takes its task from a worker, and gives the next one out. */
  function release(worker: Worker): Task | undefined {
    const { task, stuck } = worker;
    worker.task = undefined;
    worker.stuck = undefined;
    clearTimeout(task?.deadline);
    clearTimeout(stuck);
    assign();
    return task;
  }

  function giveUp(task: Task): void {
    task.reject(busy("no hash within the deadline"));
    const at = waiting.indexOf(task);
    if (at >= 0) waiting.splice(at, 1);
    const worker = [...workers].find((one) => one.task === task);
    if (worker) worker.stuck = setTimeout(() => void worker.child.kill(), stuckMs).unref();
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
