import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queryInput } from "./query-input.ts";

/** What tRPC reads: the first of this name, by the URL's own parser. */
const byUrl = (url: string) => new URL(url, "http://api.example").searchParams.get("input") ?? "";

describe("the input in a URL", () => {
  test("is what a client encoded", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(queryInput(`/trpc/a?input=${encodeURIComponent(text)}`)).toBe(text);
      }),
    );
  });

  test("is what a URL's parser reads, or is left to it", () => {
    // Whatever Node hands over as a target: Latin-1 without spaces and controls.
    const piece = fc.oneof(
      fc.constantFrom(
        "input=",
        "input",
        "%",
        "%22",
        "%C3%A4",
        "%c3",
        "&",
        "+",
        "#",
        "?",
        "=",
        ";",
        "\\",
        "..",
        "/",
        "'",
        "\xa0",
      ),
      fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 4 }),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.constantFrom("?input=", "?", "", "#"), fc.array(piece, { maxLength: 6 }), (start, pieces) => {
        const url = `/trpc/a${start}${pieces.join("")}`;
        const text = queryInput(url);
        if (text === undefined) return;
        read += 1;
        expect(text).toBe(byUrl(url));
      }),
      { numRuns: 5000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  test.each([
    ["/trpc/a", ""],
    ["/trpc/a?input=", ""],
    ["/trpc/a?input=%7B%7D", "{}"],
    ["/trpc/a?", undefined],
    ["/trpc/a?input", undefined],
    ["/trpc/a?batch=1&input=%7B%7D", undefined],
    ["/trpc/a?input=1&input=2", undefined],
    ["/trpc/a?input=a+b", undefined],
    ["/trpc/a?input=%ff", undefined],
    ["/trpc/a#?input=1", undefined],
  ])("%s is read as %j", (url, text) => {
    expect(queryInput(url)).toBe(text);
  });
});
