import { describe, expect, test } from "vitest";
import { jsonBytes, plainJson } from "./plain-json.ts";

describe("a plain JSON object", () => {
  test("is copied as it is", () => {
    const value = { text: "a", number: 1.5, yes: true, nothing: null, list: [1, [{}]], deep: { er: { a: 1 } } };
    const copy = plainJson(value);
    expect(copy).toStrictEqual(value);
    expect(copy["deep"]).not.toBe(value.deep);
  });

  test("corpus 60: __proto__ is left out wherever it stands, and nothing is merged into anything", () => {
    const text =
      '{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}}';
    const copy = plainJson(JSON.parse(text));
    expect(JSON.stringify(copy)).toBe('{"a":{"constructor":{"prototype":{"admin":true}}}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });

  test("leaves out what is undefined, as JSON does", () => {
    expect(plainJson({ a: undefined, b: { c: undefined } })).toStrictEqual({ b: {} });
  });

  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "text"],
    ["a list", []],
    ["a date", { at: new Date(0) }],
    ["a map", { all: new Map() }],
    ["a function", { a: () => 1 }],
    ["a big integer", { a: 1n }],
    ["a symbol", { a: Symbol("a") }],
    ["a number that is none", { a: Number.NaN }],
    ["infinity", { a: [Number.POSITIVE_INFINITY] }],
    ["a hole in a list", { a: [undefined] }],
    ["an object of a class", new (class Row {})()],
    ["a circle", circle],
    ["a depth without end", { a: JSON.parse("[".repeat(5000) + "]".repeat(5000)) }],
  ])("is not made of %s", (_what, value) => {
    expect(() => plainJson(value)).toThrow(TypeError);
  });

  test("is measured as it is kept", () => {
    expect(jsonBytes({})).toBe(2);
    expect(jsonBytes({ a: "é" })).toBe(10);
  });
});
