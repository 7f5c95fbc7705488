import { describe, expect, test } from "vitest";
import { createVerifiedTokens } from "./verified-tokens.ts";

function createMemory(capacity = 3) {
  let now = 1_000_000;
  let verified = 0;
  const tokens = createVerifiedTokens<{ exp: number; name: string }>({ capacity, now: () => now });
  return {
    tokens,
    verified: () => verified,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    get: (token: string, life = 60) =>
      tokens.get(token, async (name) => {
        verified += 1;
        return { exp: now / 1000 + life, name };
      }),
  };
}

describe("the memory of verified tokens", () => {
  test("verifies a token once", async () => {
    const { get, verified } = createMemory();
    const first = await get("a");
    expect(await get("a")).toBe(first);
    expect(verified()).toBe(1);
  });

  test("keeps nothing of which nobody says when it ends", async () => {
    const { get, tokens } = createMemory();
    await get("a", Number.NaN);
    expect(tokens.size).toBe(0);
  });

  test("callers that ask at the same moment share one verification, and its refusal", async () => {
    const { get, verified, tokens } = createMemory();
    await Promise.all(Array.from({ length: 50 }, () => get("a")));
    expect(verified()).toBe(1);
    let refusals = 0;
    const refuse = async () => {
      refusals += 1;
      throw new Error("forged");
    };
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => tokens.get("b", refuse)));
    expect(all.filter(({ status }) => status === "fulfilled")).toEqual([]);
    expect(refusals).toBe(1);
  });

  test("never keeps a refusal, also one that is thrown at once", async () => {
    const { get, tokens } = createMemory();
    const refuse = () => {
      throw new Error("forged");
    };
    await expect(tokens.get("a", refuse)).rejects.toThrow("forged");
    await expect(tokens.get("a", refuse)).rejects.toThrow("forged");
    expect(tokens.size).toBe(0);
    expect(await get("a")).toMatchObject({ name: "a" });
  });

  test("corpus 11: tokens that share all but a letter are never mistaken for each other", async () => {
    const { get } = createMemory(10_000);
    const stem = "eyJhbGciOiJFZERTQSJ9.".repeat(20);
    const names = Array.from({ length: 64 }, (_, at) => `${stem}${String.fromCharCode(48 + at)}${stem}`);
    for (let round = 0; round < 2; round += 1) {
      for (const name of [...names, "__proto__", "constructor", "toString"])
        expect(await get(name)).toMatchObject({ name });
    }
  });

  test("a token is forgotten when it expires", async () => {
    const { get, verified, pass } = createMemory();
    await get("a", 60);
    pass(59.999);
    await get("a", 60);
    expect(verified()).toBe(1);
    pass(0.001);
    await get("a", 60);
    expect(verified()).toBe(2);
  });

  test("one that has expired already is not kept", async () => {
    const { get, tokens } = createMemory();
    await get("b");
    await get("a", 0);
    expect(tokens.size).toBe(1);
  });

  test("corpus 12: it is bounded, and the oldest goes", async () => {
    const { get, tokens, verified } = createMemory(3);
    for (const token of ["a", "b", "c", "d"]) await get(token);
    expect(tokens.size).toBe(3);
    await get("b");
    await get("d");
    expect(verified()).toBe(4);
    await get("a");
    expect(verified()).toBe(5);
  });

  test("forged tokens push nothing out", async () => {
    const { get, tokens, verified } = createMemory(3);
    for (const token of ["a", "b", "c"]) await get(token);
    const forged = Array.from({ length: 1000 }, (_, at) => `forged ${at}`);
    const refuse = async () => {
      throw new Error("forged");
    };
    await Promise.allSettled(forged.map((token) => tokens.get(token, refuse)));
    for (const token of ["a", "b", "c"]) await get(token);
    expect(verified()).toBe(3);
  });

  test("expired ones make room without being asked for", async () => {
    const { get, tokens, pass } = createMemory(1000);
    for (let at = 0; at < 100; at += 1) await get(`short ${at}`, 10);
    pass(11);
    await get("a");
    expect(tokens.size).toBe(1);
  });
});
