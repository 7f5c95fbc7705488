import { existsSync, readFileSync } from "node:fs";

/** Whether a process runs. One that has ended but that nobody has buried yet does not. */
export function processAlive(pid: number): boolean {
  if (!existsSync("/proc/self/stat")) return answersSignals(pid);
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
    return state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
