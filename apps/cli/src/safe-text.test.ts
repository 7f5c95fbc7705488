import { describe, expect, test } from "vitest";
import { safeJson, safeText, widthOf } from "./safe-text.ts";

describe("text of someone else's making", () => {
  test("ASVS 16.4.1: loses escape sequences and cannot start a line or move the cursor", () => {
    expect(safeText("\u001b[31mroot\u001b[0m")).toBe("root");
    expect(safeText("Ann\r\nadministrator")).toBe("Ann\ufffd\ufffdadministrator");
    expect(safeText("a\u009b2Jb\u0007\u007f\u2028")).not.toMatch(/[\p{Cc}\u2028]/u);
  });

  test("cannot turn the direction of what stands around it", () => {
    expect(safeText("ann\u202etxt.exe")).toBe("ann\ufffdtxt.exe");
  });

  test("keeps letters of every script", () => {
    expect(safeText("Zoë 山田 🦊")).toBe("Zoë 山田 🦊");
  });

  test("is the same data as JSON, with nothing in it that a terminal obeys", () => {
    const value = { name: "a\u001b[2J\u009b\u202e\n", list: ["x"] };
    const text = safeJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test("takes two columns where its letters do, so that tables stay straight", () => {
    expect([widthOf("abc"), widthOf("山田"), widthOf("e\u0301")]).toEqual([3, 4, 1]);
  });
});
