import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importMasterKey, seal, unseal } from "./sealing.ts";
import { systemWorld } from "./world.ts";

const secret = (fill: number, length = 32) => new Uint8Array(length).fill(fill);
const master = await importMasterKey(secret(1));
const other = await importMasterKey(secret(2));
const place = { table: "signing_keys", row: "k1", column: "sealed" };
const sealed = await seal("private text", place, master, systemWorld);
const unavailable = expect.objectContaining({ name: "Refusal", reason: "unavailable" });

describe("a sealed text", () => {
  test("opens again, whatever it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        expect(await unseal(await seal(text, place, master, systemWorld), place, [other, master])).toBe(text);
      }),
    );
  });

  test("does not show what it holds", () => {
    expect(Buffer.from(sealed.split(".")[3] ?? "", "base64url").toString("latin1")).not.toContain("private");
  });

  test("ASVS 11.3.4: has a nonce of its own every time", async () => {
    const texts = await Promise.all(Array.from({ length: 200 }, () => seal("same", place, master, systemWorld)));
    const nonces = texts.map((text) => text.split(".")[2] ?? "");
    expect(new Set(nonces).size).toBe(200);
    expect(nonces.every((nonce) => Buffer.from(nonce, "base64url").length === 12)).toBe(true);
  });

  test("ASVS 11.3.3: does not open with any one character changed, added or left out", async () => {
    for (let at = 0; at < sealed.length; at++) {
      const [before, after] = [sealed.slice(0, at), sealed.slice(at + 1)];
      for (const changed of [`${before}A${after}`, `${before}x${after}`, `${before}_${after}`, before + after]) {
        if (changed !== sealed) await expect(unseal(changed, place, [master])).rejects.toEqual(unavailable);
      }
      await expect(unseal(`${before}A${sealed.slice(at)}`, place, [master])).rejects.toEqual(unavailable);
    }
  });

  test("ASVS 11.3.3: does not open with any one bit of nonce or ciphertext changed", async () => {
    const segments = sealed.split(".");
    for (const segment of [2, 3]) {
      const whole = Buffer.from(segments[segment] ?? "", "base64url");
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const bytes = Buffer.from(whole);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const changed = segments.with(segment, bytes.toString("base64url")).join(".");
        await expect(unseal(changed, place, [master])).rejects.toEqual(unavailable);
      }
    }
  });

  test("corpus 84: has one spelling", async () => {
    // Twelve nonce bytes and 28 of ciphertext and tag: the last character of the latter has unused bits.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin = sealed.slice(0, -1) + alphabet[alphabet.indexOf(sealed.at(-1) ?? "") + 1];
    expect(Buffer.from(twin.split(".")[3] ?? "", "base64url")).toEqual(
      Buffer.from(sealed.split(".")[3] ?? "", "base64url"),
    );
    await expect(unseal(twin, place, [master])).rejects.toEqual(unavailable);
  });

  test.each([
    ["another table", { table: "refresh_secrets" }],
    ["another row", { row: "k2" }],
    ["another column", { column: "backup" }],
    ["names that only look the same side by side", { table: "signing_keysk", row: "1" }],
  ])("ASVS 11.3.3: does not open when moved to %s", async (_where, change) => {
    await expect(unseal(sealed, { ...place, ...change }, [master])).rejects.toEqual(unavailable);
  });

  test.each([
    ["no key", []],
    ["another key", [other]],
  ])("does not open where there is %s", async (_what, masters) => {
    await expect(unseal(sealed, place, masters)).rejects.toMatchObject({
      reason: "unavailable",
      detail: "sealed by a master key that is not here",
    });
  });

  test("names the key that opens it, so that keys can be changed one by one", async () => {
    const rewrapped = await seal(await unseal(sealed, place, [other, master]), place, other, systemWorld);
    expect(rewrapped.split(".")[1]).toBe(other.id);
    expect(await unseal(rewrapped, place, [other])).toBe("private text");
  });

  test.each(["", "s1", "s1...", "private text", "s2.a.b.c", "s1.a.b.c.d"])("is not %j", async (text) => {
    await expect(unseal(text, place, [master])).rejects.toEqual(unavailable);
  });

  test("that does not open keeps what went wrong underneath, for the log", async () => {
    const moved = unseal(sealed, { ...place, row: "k2" }, [master]);
    await expect(moved).rejects.toHaveProperty("cause", expect.any(Error));
  });

  test("of another key does not open under a false name", async () => {
    const [format, , ...rest] = sealed.split(".");
    await expect(unseal([format, other.id, ...rest].join("."), place, [master, other])).rejects.toEqual(unavailable);
  });
});

describe("a master key", () => {
  test.each([0, 16, 31, 33, 64])("corpus 4: of %i bytes is refused", async (length) => {
    await expect(importMasterKey(secret(1, length))).rejects.toThrow("32 bytes");
  });

  test("is called by a fingerprint that is always the same and does not hold it", async () => {
    expect((await importMasterKey(secret(1))).id).toBe(master.id);
    expect(other.id).not.toBe(master.id);
    expect(master.id).not.toContain(Buffer.from(secret(1)).toString("base64url").slice(0, 8));
    expect(master.key.extractable).toBe(false);
  });
});
