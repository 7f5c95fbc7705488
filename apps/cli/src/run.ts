import { CommanderError } from "commander";
import { createColors } from "picocolors";
import { createContext } from "./context.ts";
import type { Environment } from "./environment.ts";
import { exits } from "./exit-codes.ts";
import { explain, forPeople, forPrograms } from "./explain.ts";
import { render } from "./output.ts";
import { createProgram } from "./program.ts";
import { safeLines } from "./safe-text.ts";
import { writeLines } from "./write-lines.ts";

export type Streams = Pick<NodeJS.Process, "stdin" | "stdout" | "stderr">;

/** Runs one command line and answers the exit code. Answers go to standard output, everything else to standard error. */
export async function run(argv: readonly string[], streams: Streams, environment: Environment): Promise<number> {
  const { stdout, stderr } = streams;
  // Whoever reads the answer may have enough of it: `| head`.
  stdout.on("error", () => undefined);
  // Read by hand, because a line that cannot be parsed gets its error as JSON as well.
  const json = argv.includes("--json");
  const colours = (stream: NodeJS.WriteStream) => createColors(Boolean(stream.isTTY) && !environment.plain);

  const program = createProgram(streams, async (command, input, globals) => {
    const context = createContext({ globals, environment, streams });
    try {
      const { bold, dim } = colours(stdout);
      const answer = await command.run(context, input);
      if ("lines" in answer) await writeLines(stdout, answer.lines);
      else {
        stdout.write(render(answer, json, { head: bold, faint: dim }));
        if (answer.note !== undefined && !json) stderr.write(safeLines(answer.note));
      }
      context.check();
    } finally {
      context.close();
    }
  });

  try {
    await program.parse(argv);
    return exits.ok.code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exits.ok.code;
    const explanation = explain(error, program.help());
    stderr.write(json ? forPrograms(explanation) : forPeople(explanation, colours(stderr).red));
    return exits[explanation.exit].code;
  }
}
