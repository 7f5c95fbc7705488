import { spawn, spawnSync } from "node:child_process";
import { constants, setPriority } from "node:os";

// Linux's scheduler lets a process of the lowest nice value finish its slice, about 3 ms, before somebody who wakes up
// gets the core. One of SCHED_IDLE (sched(7)) gives way at once. Node has no call for it, util-linux and BusyBox have a
// program. Where it is missing, and on other systems, the nice value has to do.
const CHRT = "/usr/bin/chrt";
const [IDLE, ORDINARY] = ["-i", "-o"];

/** What a process that has to hurry gets of a busy core: a tenth, so that a password still takes less than a second. */
const { PRIORITY_BELOW_NORMAL: HURRIED, PRIORITY_LOW: LOWEST } = constants.priority;

/** This process runs from now on when no other wants the core. Waits until that is so. */
export function runWhenIdle(): void {
  const { status } = spawnSync(CHRT, [IDLE, "-p", "0", String(process.pid)], { stdio: "ignore" });
  setPriority(status === 0 ? HURRIED : LOWEST);
}

/** That process gets the share that its nice value gives it, also where the cores are never idle. */
export function runAlthoughBusy(pid: number): void {
  spawn(CHRT, [ORDINARY, "-p", "0", String(pid)], { stdio: "ignore", env: {} })
    .on("error", () => undefined)
    .unref();
}
