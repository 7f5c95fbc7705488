import { join } from "node:path";

/** The terminal app in a folder where it is installed, for Node. `npx @countersign/cli` starts it twice as slowly. */
export function terminalAppIn(folder: string): string {
  return join(folder, "node_modules/@countersign/cli/dist/bin.js");
}
