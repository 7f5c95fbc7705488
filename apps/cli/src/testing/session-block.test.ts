import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { matches, readSession } from "./session-block.ts";
import { runInShell } from "./shell.ts";

const document = [
  "# Title",
  "",
  "<!-- session -->",
  "```console",
  "$ echo one \\",
  "    two",
  "one two",
  "$ false",
  "$ echo $?",
  "1",
  "```",
].join("\n");

describe("the terminal session of a document", () => {
  test("is commands, and what each of them shows", () => {
    expect(readSession(document)).toEqual([
      { command: "echo one \\\n    two", expected: ["one two"] },
      { command: "false", expected: [] },
      { command: "echo $?", expected: ["1"] },
    ]);
  });

  test("is demanded: a document without one fails", () => {
    expect(() => readSession("```console\n$ true\n```")).toThrow("no fenced block");
  });

  test("runs in one shell, with both streams and the last status", async ({ signal }) => {
    const scratch = mkdtempSync(join(tmpdir(), "countersign-session-"));
    try {
      const commands = ["alias say=echo", "X=1; say out; echo err >&2", "(exit 4)", 'echo "$? $X"', "printf last"];
      const shown = await runInShell(commands, { cwd: scratch, env: process.env, scratch, signal });
      expect(shown).toEqual(["", "out\nerr\n", "", "4 1\n", "last"]);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  test("matches word for word, but for …", () => {
    expect(matches(["id  …", "name  Ann"], "id  a.b*c \nname  Ann\n\n")).toBe(true);
    expect(matches(["id  …"], "id  a\nname  Ann\n")).toBe(false);
    expect(matches(["a", "…", "c"], "a\nc\n")).toBe(true);
    expect(matches(["a", "…", "c"], "a\nb\nb\nc\n")).toBe(true);
    expect(matches([], "\n")).toBe(true);
    expect(matches([], "surprise\n")).toBe(false);
  });
});
