import type { Setup } from "./setup.ts";

// The inside of a contestant: a program that reads its setup from the environment, says on standard output where it
// listens, and ends with its standard input.

/** What a contestant says when it listens. */
export interface Ready {
  readonly port: number;
  /** A credential of its own making, where it takes no tokens of ours. */
  readonly credential?: string;
}

export const setup = JSON.parse(process.env["BENCH_SETUP"] ?? "") as Setup;

export function ready(report: Ready): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.stdin.resume().once("end", () => process.exit(0));
}
