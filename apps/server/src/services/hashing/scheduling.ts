import { spawnSync } from "node:child_process";
import { constants, setPriority } from "node:os";

// Linux's scheduler lets a process of the lowest nice value finish its slice, about 3 ms, before somebody who wakes up
// gets the core. One of SCHED_IDLE (sched(7)) gives way at once. Node has no call for it, util-linux and BusyBox have a
// program. Where it is missing, and on other systems, the nice value has to do.
const CHRT = "/usr/bin/chrt";

/**
 * Whose turn a process waits for: `idle`, until no other wants the core; `hurried`, for the tenth of a busy core that its
 * nice value gives it. Without privileges there is no way back from `idle` (sched(7)), so a process has one for life.
 */
export type Turn = "idle" | "hurried";

/** This process waits for such turns from now on. */
export function takeTurns(turn: Turn): void {
  const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
  if (turn === "hurried") setPriority(PRIORITY_BELOW_NORMAL);
  else {
    setPriority(PRIORITY_LOW);
    spawnSync(CHRT, ["-i", "-p", "0", String(process.pid)], { stdio: "ignore" });
  }
}
