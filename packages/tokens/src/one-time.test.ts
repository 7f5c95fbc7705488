import { createHash } from "node:crypto";
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
