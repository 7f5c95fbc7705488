import { describe, expect, test } from "vitest";
import { assertStrong, decoyOf, defaultParameters, isCurrent, parametersOf } from "./parameters.ts";

const hashed = (settings: string) => `$argon2id$v=19$${settings}$${"s".repeat(22)}$${"h".repeat(43)}`;

describe("ASVS 11.4.2: the parameters of argon2id", () => {
  test.each([
    [47_104, 1],
    [65_536, 1],
    [19_456, 2],
    [12_288, 3],
    [12_288, 10],
  ])("%i KiB and %i passes are strong enough", (memory, passes) => {
    expect(() => assertStrong({ memory, passes, lanes: 1 })).not.toThrow();
  });

  test.each([
    [47_103, 1],
    [19_456, 1],
    [19_455, 2],
    [12_287, 3],
    [12_287, 100],
    [8, 1],
  ])("%i KiB and %i passes are too weak", (memory, passes) => {
    expect(() => assertStrong({ memory, passes, lanes: 1 })).toThrow("needs memory");
  });

  test.each([
    { memory: 47_104.5, passes: 1, lanes: 1 },
    { memory: Number.NaN, passes: 1, lanes: 1 },
    { memory: Number.POSITIVE_INFINITY, passes: 1, lanes: 1 },
    { memory: 47_104, passes: 0, lanes: 1 },
    { memory: 47_104, passes: -1, lanes: 1 },
    { memory: 47_104, passes: 1, lanes: 0 },
    { memory: 47_104, passes: 1, lanes: 256 },
  ])("%j are none", (parameters) => {
    expect(() => assertStrong(parameters)).toThrow("positive whole numbers");
  });

  test("are 46 MiB, once, by default", () => {
    expect(defaultParameters).toEqual({ memory: 47_104, passes: 1, lanes: 1 });
    expect(() => assertStrong(defaultParameters)).not.toThrow();
  });
});

describe("a stored hash", () => {
  test.each([
    ["$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", { memory: 47_104, passes: 1, lanes: 1 }],
    ["$argon2i$v=16$m=4096,t=3,p=2$c2FsdA$aGFzaA", { memory: 4096, passes: 3, lanes: 2 }],
  ])("tells how it was made: %s", (encoded, parameters) => {
    expect(parametersOf(encoded)).toEqual(parameters);
  });

  test.each(["", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=0,t=1,p=1$a$b", "$argon2x$v=19$m=8,t=1,p=1$a$b"])(
    "is not %j",
    (encoded) => {
      expect(parametersOf(encoded)).toBeUndefined();
      expect(isCurrent(encoded, defaultParameters)).toBe(false);
    },
  );

  test.each([
    ["more memory", hashed("m=65536,t=1,p=1")],
    ["less memory", hashed("m=19456,t=1,p=1")],
    ["other passes", hashed("m=47104,t=2,p=1")],
    ["other lanes", hashed("m=47104,t=1,p=2")],
    ["another variant", hashed("m=47104,t=1,p=1").replace("argon2id", "argon2i")],
    ["an older version", hashed("m=47104,t=1,p=1").replace("v=19", "v=16")],
    ["a shorter salt", hashed("m=47104,t=1,p=1").replace("s".repeat(22), "s".repeat(11))],
    ["a shorter hash", hashed("m=47104,t=1,p=1").replace("h".repeat(43), "h".repeat(22))],
  ])("ASVS 11.2.2: is out of date with %s", (_what, encoded) => {
    expect(isCurrent(hashed("m=47104,t=1,p=1"), defaultParameters)).toBe(true);
    expect(isCurrent(encoded, defaultParameters)).toBe(false);
  });

  test("corpus 48: for nobody's password claims the same parameters as everybody's", () => {
    const parameters = { memory: 20_000, passes: 2, lanes: 1 };
    expect(parametersOf(decoyOf(parameters))).toEqual(parameters);
    expect(isCurrent(decoyOf(parameters), parameters)).toBe(true);
  });
});
