import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPrivate, removePrivate, setAside, writePrivate } from "./private-file.ts";
import { scratchFolder } from "./testing/scratch.ts";

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe("a private file", () => {
  test("is its owner's alone, and so is the folder that it makes", () => {
    const folder = join(scratchFolder(), "a/b");
    writePrivate(join(folder, "x"), "text");
    expect([modeOf(folder), modeOf(join(folder, "x"))]).toEqual([0o700, 0o600]);
    expect(readPrivate(join(folder, "x"))).toBe("text");
    expect(readdirSync(folder)).toEqual(["x"]);
  });

  test("is private from its first moment, also over a draft that a crash left open to all", () => {
    const folder = scratchFolder();
    const draft = join(folder, `.x.${process.pid}`);
    writeFileSync(draft, "left over");
    chmodSync(draft, 0o666);
    writePrivate(join(folder, "x"), "text");
    expect(modeOf(join(folder, "x"))).toBe(0o600);
  });

  test("is replaced as a whole: whoever has the old one open reads the old one to its end", () => {
    const file = join(scratchFolder(), "x");
    writePrivate(file, "old");
    const before = statSync(file).ino;
    writePrivate(file, "new");
    expect(statSync(file).ino).not.toBe(before);
  });

  test.each(["640", "604", "660", "644"])("is not read with mode 0%s, and says what to do", (mode) => {
    const file = join(scratchFolder(), "x");
    writePrivate(file, "text");
    chmodSync(file, Number.parseInt(mode, 8));
    expect(() => readPrivate(file)).toThrow(
      expect.objectContaining({ exit: "localFile", next: expect.stringContaining("chmod 600") }),
    );
  });

  test("may be missing", () => {
    const file = join(scratchFolder(), "x");
    expect(readPrivate(file)).toBeUndefined();
    expect(() => removePrivate(file)).not.toThrow();
  });

  test("set aside keeps what it held, and what was set aside before", () => {
    const file = join(scratchFolder(), "x");
    const kept = ["one", "two"].map((text) => {
      writePrivate(file, text);
      return setAside(file);
    });
    expect(kept.map((aside) => readFileSync(aside, "utf8"))).toEqual(["one", "two"]);
  });
});
