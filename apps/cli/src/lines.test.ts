import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readLines } from "./lines.ts";

const linesOf = (...chunks: (string | Uint8Array)[]) =>
  readLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));

describe("passwords from standard input", () => {
  test("ASVS 6.2.8: keep their spaces and lose nothing but the end of the line", async () => {
    expect(await linesOf(" a b \n")).toEqual([" a b "]);
    expect(await linesOf("old\r\nnew")).toEqual(["old", "new"]);
  });

  test("are read whole, also when a letter is cut in two", async () => {
    expect(await linesOf(Buffer.from("né").subarray(0, 2), Buffer.from("né").subarray(2))).toEqual(["né"]);
  });

  test("are refused as no text and as far too much", async () => {
    await expect(linesOf(new Uint8Array([0xff, 0xfe]))).rejects.toMatchObject({ exit: "usage" });
    await expect(linesOf("x".repeat(70_000))).rejects.toMatchObject({ exit: "usage" });
  });
});
