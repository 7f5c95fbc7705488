#!/usr/bin/env node
// What `npx @countersign/cli` runs first: plain enough for a Node that lacks what the other files import.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 19)) {
  import("./main.ts");
} else {
  process.stderr.write(`countersign needs Node 22.19 or 24.5 and later, and this is Node ${process.versions.node}.\n`);
  process.exitCode = 1;
}
