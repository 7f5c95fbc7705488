import { Refusal } from "@countersign/tokens";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeEmail } from "./email.ts";

describe("an e-mail address", () => {
  test.each([
    ["Ann@Example.COM", "ann@example.com"],
    [" ann@example.com\n", "ann@example.com"],
    ["\u2003ann@example.com\u3000", "ann@example.com"],
    ["ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ann@example.com"],
    ["\u212Aate@example.com", "kate@example.com"],
    ["a.b+c@sub.example.co", "a.b+c@sub.example.co"],
  ])("corpus 71: %j is kept as %j", (given, kept) => {
    expect(normalizeEmail(given)).toBe(kept);
  });

  test.each([
    "",
    "ann",
    "@example.com",
    "ann@",
    "ann@example",
    "ann@@example.com",
    "a nn@example.com",
    "ann@exam ple.com",
    "ann@-example.com",
    "ann@example..com",
    ".ann@example.com",
    "a..b@example.com",
    "аnn@example.com", // Cyrillic а
    "ann@exаmple.com",
    "İ@example.com",
    "ann\u0000@example.com",
    "ann@example.com\r\nBcc: eve@example.com",
    '"ann"@example.com',
    "ann@[127.0.0.1]",
    `${"a".repeat(65)}@example.com`,
    `ann@${"a.".repeat(125)}com`,
    "ann\u202E@example.com",
  ])("%j is none", (given) => {
    expect(() => normalizeEmail(given)).toThrow(Refusal);
  });

  test("what was normalised is its own normal form", () => {
    const almost = fc
      .tuple(fc.string({ unit: "grapheme" }), fc.domain())
      .map(([local, domain]) => `${local}@${domain}`);
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), almost, fc.string({ unit: "binary" })), (text) => {
        let once: string;
        try {
          once = normalizeEmail(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          return;
        }
        expect(normalizeEmail(once)).toBe(once);
        expect(once).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
  });
});
