#!/usr/bin/env node
// What `npx @countersign/server` runs first: plain enough for a Node that cannot read the other files, which are imported
// only where they can be.
const NEEDED = 26;
const flag = "--max-semi-space-size=4";

if (Number(process.versions.node.split(".")[0]) < NEEDED) {
  process.stderr.write(
    `Countersign's server needs Node ${NEEDED} or later, and this is Node ${process.versions.node}.\n`,
  );
  process.exitCode = 1;
} else if (process.platform === "win32" || process.execve === undefined || process.execArgv.includes(flag)) {
  import("./main.ts");
} else {
  // Not in the first line: the `env` of some systems, Alpine's for one, passes no flags on. It stays the same process.
  process.execve(process.execPath, [process.execPath, flag, ...process.execArgv, ...process.argv.slice(1)]);
}
