import { spawn, spawnSync } from "node:child_process";

// Linux's scheduler lets a process of the lowest nice value finish its slice, about 3 ms, before somebody who wakes up
// gets the core. One of SCHED_IDLE (sched(7)) gives way at once. Node has no call for it, util-linux and BusyBox have a
// program. Where it is missing, and on other systems, the nice value has to do.
const CHRT = "/usr/bin/chrt";
const [IDLE, ORDINARY] = ["-i", "-o"];

/** This process runs from now on when no other wants the core. Waits until that is so. */
export function runWhenIdle(): void {
  spawnSync(CHRT, [IDLE, "-p", "0", String(process.pid)], { stdio: "ignore" });
}

/** That process gets the little that its nice value gives it, also where the cores are never idle. */
export function runAlthoughBusy(pid: number): void {
  spawn(CHRT, [ORDINARY, "-p", "0", String(pid)], { stdio: "ignore", env: {} })
    .on("error", () => undefined)
    .unref();
}
