import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createId } from "./ids.ts";

/** A world whose randomness is these bytes, one value for all bytes of a draw. */
function drawing(...values: number[]) {
  return { now: () => 0, random: (bytes: number) => new Uint8Array(bytes).fill(values.shift() ?? 0) };
}

describe("an identifier", () => {
  test("ASVS 11.5.1: is 128 random bits in 22 characters", () => {
    expect(createId(drawing(0xff))).toBe(`${"_".repeat(21)}w`);
  });

  test("corpus 67: is the draw itself, whatever that is, or another draw: nothing is folded into a smaller alphabet", () => {
    const draw = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(draw, draw, (...draws) => {
        const isTaken = ([first = 0]: Uint8Array) => first >> 2 !== 62; // the dash is the 62nd of 64
        fc.pre(draws.some(isTaken));
        const rest = draws.values();
        const id = createId({ now: () => 0, random: () => new Uint8Array(rest.next().value ?? []) });
        expect(new Uint8Array(Buffer.from(id, "base64url"))).toEqual(draws.find(isTaken));
      }),
    );
  });

  test("never begins with a dash, which a command line would take for an option", () => {
    // 0xfb is `-_v7…` in base64url.
    expect(createId(drawing(0xfb, 0xfb, 0x00))).toBe("A".repeat(22));
  });
});
