import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createOneTimeSecret, hashOneTimeSecret } from "./one-time.ts";
import { systemWorld } from "./world.ts";

describe("a one-time secret", () => {
  test("ASVS 11.5.1: has 256 bits of the world's randomness, and no two are alike", async () => {
    const asked: number[] = [];
    const counting = {
      ...systemWorld,
      random: (bytes: number) => {
        asked.push(bytes);
        return systemWorld.random(bytes);
      },
    };
    const made = await Promise.all(Array.from({ length: 100 }, () => createOneTimeSecret(counting)));
    expect(new Set(asked)).toEqual(new Set([32]));
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(100);
    expect(made.every(({ secret }) => Buffer.from(secret, "base64url").length === 32)).toBe(true);
  });

  test("corpus 67: is its random bytes and nothing else: whatever they are, they can be read off it", async () => {
    const anyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(anyBytes, async (bytes) => {
        const { secret } = await createOneTimeSecret({ ...systemWorld, random: () => new Uint8Array(bytes) });
        expect(secret).toMatch(/^[\w-]{43}$/);
        expect(new Uint8Array(Buffer.from(secret, "base64url"))).toEqual(bytes);
      }),
    );
  });

  test("corpus 67: has no symbol that comes more often than another", async () => {
    const made = await Promise.all(Array.from({ length: 4_000 }, () => createOneTimeSecret(systemWorld)));
    // The last symbol holds four bits and not six.
    const symbols = made.flatMap(({ secret }) => [...secret.slice(0, 42)]);
    const counts = new Map<string, number>();
    for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    expect(counts.size).toBe(64);
    const due = symbols.length / 64;
    const distance = [...counts.values()].reduce((sum, count) => sum + (count - due) ** 2 / due, 0);
    // Chi-squared with 63 degrees of freedom: an even source is beyond this less than once in 10^11 runs.
    expect(distance).toBeLessThan(180);
  });

  test("is found again by its hash, which does not hold it", async () => {
    const { secret, hash } = await createOneTimeSecret(systemWorld);
    expect(await hashOneTimeSecret(secret)).toBe(hash);
    expect(hash).toBe(createHash("sha256").update(secret).digest("base64url"));
    expect(hash).not.toContain(secret);
  });

  test("is not found by another, nor by its own hash", async () => {
    const { secret, hash } = await createOneTimeSecret(systemWorld);
    const other = secret.startsWith("A") ? `B${secret.slice(1)}` : `A${secret.slice(1)}`;
    expect(await hashOneTimeSecret(other)).not.toBe(hash);
    expect(await hashOneTimeSecret(hash)).not.toBe(hash);
  });

  test.each([
    "",
    "short",
    "a".repeat(42),
    "a".repeat(44),
    `${"a".repeat(42)}=`,
    `${"a".repeat(43)}\n`,
    "a".repeat(1e6),
  ])("is never what has another shape: %#", async (presented) => {
    expect(await hashOneTimeSecret(presented)).toBeUndefined();
  });
});
