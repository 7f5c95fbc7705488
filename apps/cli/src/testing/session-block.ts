/** A command that a document shows, and what it shows it to answer. */
export interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

/**
 * The terminal session of a document: the fenced block after a line `<!-- session -->`. In it `$ ` begins a command, a
 * command whose line ends in `\` goes on in the next, and everything else is what the terminal shows.
 */
export function readSession(markdown: string): Step[] {
  const block = /^<!-- session -->\n+```[a-z]*\n(.*?)^```$/ms.exec(markdown)?.[1];
  if (block === undefined) throw new Error("there is no fenced block after <!-- session -->");
  const steps: { command: string; expected: string[] }[] = [];
  for (const line of block.trimEnd().split("\n")) {
    const last = steps.at(-1);
    if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
    else if (last?.expected.length === 0 && last.command.endsWith("\\")) last.command += `\n${line}`;
    else if (last) last.expected.push(line);
    else throw new Error("a session begins with a command");
  }
  return steps;
}

/**
 * Whether a terminal showed what a document promises. `…` stands for anything within a line, and alone on a line for
 * any number of lines; blanks at the end of lines, and empty lines around it all, do not count.
 */
export function matches(expected: readonly string[], shown: string): boolean {
  const pattern = expected
    .map((line) => line.trimEnd())
    .map((line) => (line === "…" ? "(?:.*\n)*?" : `${line.split("…").map(literally).join(".*")}\n`))
    .join("");
  const lines = shown.split("\n").map((line) => line.trimEnd());
  const text = lines.join("\n").replace(/^\n+|\n+$/g, "");
  return new RegExp(`^${pattern}$`).test(text === "" ? "" : `${text}\n`);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
