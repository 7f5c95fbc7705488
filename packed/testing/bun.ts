import { join } from "node:path";

/** The path of Bun's program. */
export const bun: string = join(import.meta.dirname, "../node_modules/bun/bin/bun.exe");
