import type { JsonObject } from "../store/records.ts";

/** Deeper than anybody means, and shallow enough for every reader. */
const DEEPEST = 16;

/**
 * A copy of an object that JSON keeps as it is. Members that are undefined, and any called `__proto__`, are left out;
 * nothing is merged into anything, so that no other name does harm.
 *
 * @throws {TypeError} for anything else: no object, a date, a function, a number that is none, a circle
 */
export function plainJson(value: unknown): JsonObject {
  if (!isPlain(value)) throw new TypeError("not a plain object");
  return copyObject(value, DEEPEST);
}

/** Its length as it is kept, in bytes of UTF-8. */
export function jsonBytes(value: JsonObject): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

function copy(value: unknown, left: number): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (left === 0) throw new TypeError("deeper than anybody means, or a circle");
  if (Array.isArray(value)) return value.map((member) => copy(member, left - 1));
  if (isPlain(value)) return copyObject(value, left);
  throw new TypeError(`JSON does not keep this ${typeof value}`);
}

function copyObject(value: object, left: number): JsonObject {
  const kept = Object.entries(value).filter(([name, member]) => name !== "__proto__" && member !== undefined);
  return Object.fromEntries(kept.map(([name, member]) => [name, copy(member, left - 1)]));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
