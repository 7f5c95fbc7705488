import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatRefreshToken,
  importRefreshSecret,
  isAuthentic,
  parseRefreshToken,
  type RefreshKey,
} from "./refresh-token.ts";

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill);
const key: RefreshKey = { key: await importRefreshSecret(bytes(7)), epoch: "epoch-1", salt: "salt-1" };
const parts = { sessionId: Buffer.from(bytes(9, 16)).toString("base64url"), gen: 41, secretVersion: 2 };
const token = await formatRefreshToken(parts, key);

const holds = async (text: string, under = key) => {
  const parsed = parseRefreshToken(text);
  return parsed !== undefined && (await isAuthentic(parsed, under));
};

describe("a refresh token", () => {
  test("comes back as its parts, and is authentic", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.integer({ min: 0, max: 999_999_999_999_999 }),
        fc.integer({ min: 1, max: 999_999_999 }),
        async (id, gen, secretVersion) => {
          const made = { sessionId: Buffer.from(id).toString("base64url"), gen, secretVersion };
          const text = await formatRefreshToken(made, key);
          expect(parseRefreshToken(text)).toMatchObject(made);
          expect(await holds(text)).toBe(true);
        },
      ),
    );
  });

  test("is the same text for the same parts: a repeated answer is the same answer", async () => {
    expect(await formatRefreshToken({ ...parts }, { ...key })).toBe(token);
  });

  test("ASVS 7.2.3: carries a code of 256 bits that changes with every generation", async () => {
    const codes = await Promise.all([40, 41, 42].map(async (gen) => await formatRefreshToken({ ...parts, gen }, key)));
    const distinct = new Set(codes.map((text) => parseRefreshToken(text)?.code));
    expect(distinct.size).toBe(3);
    expect([...distinct].every((code) => code?.length === 43)).toBe(true);
  });

  test("holds no epoch, salt or secret", () => {
    expect(token).not.toMatch(/epoch|salt/);
    expect(token).not.toContain(Buffer.from(bytes(7)).toString("base64url").slice(0, 10));
  });
});

describe("a refresh token is not authentic", async () => {
  test.each<[string, object]>([
    ["another session", { sessionId: "A".repeat(22) }],
    ["the next generation", { gen: 42 }],
    ["the generation before", { gen: 40 }],
    ["another version of the secret", { secretVersion: 1 }],
    ["another code", { code: "A".repeat(43) }],
  ])("with %s written into it", async (_what, change) => {
    const parsed = parseRefreshToken(token);
    if (!parsed) throw new Error("the token has lost its shape");
    expect(await isAuthentic(parsed, key)).toBe(true);
    expect(await isAuthentic({ ...parsed, ...change }, key)).toBe(false);
  });

  test.each<[string, Partial<RefreshKey>]>([
    ["another epoch: the installation was restored from a backup", { epoch: "epoch-2" }],
    ["another salt: the row is another one", { salt: "salt-2" }],
    ["another secret", { key: await importRefreshSecret(bytes(8)) }],
    ["epoch and salt swapped", { epoch: "salt-1", salt: "epoch-1" }],
  ])("under %s", async (_what, change) => {
    expect(await holds(token)).toBe(true);
    expect(await holds(token, { ...key, ...change })).toBe(false);
  });

  test("corpus 84: with any one character changed", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    for (let at = 0; at < token.length; at++) {
      for (const character of alphabet) {
        if (character === token[at]) continue;
        expect(await holds(token.slice(0, at) + character + token.slice(at + 1))).toBe(false);
      }
    }
  });
});

describe("no refresh token has the shape of", () => {
  const id = "A".repeat(22);
  const code = "A".repeat(43);

  test.each([
    ["nothing", ""],
    ["an access token", "eyJ.eyJ.AAAA"],
    ["another prefix", `xsr_${id}.1.1.${code}`],
    ["a prefix in another case", `CSR_${id}.1.1.${code}`],
    ["a session id that is too short", `csr_${id.slice(1)}.1.1.${code}`],
    ["a session id that is too long", `csr_A${id}.1.1.${code}`],
    ["a session id with unused bits", `csr_${id.slice(1)}B.1.1.${code}`],
    ["a code with unused bits", `csr_${id}.1.1.${code.slice(1)}B`],
    ["a negative generation", `csr_${id}.-1.1.${code}`],
    ["a float generation", `csr_${id}.1.5.1.${code}`],
    ["an exponent", `csr_${id}.1e3.1.${code}`],
    ["a generation with a leading zero", `csr_${id}.01.1.${code}`],
    ["a generation beyond all integers", `csr_${id}.9999999999999999.1.${code}`],
    ["version zero", `csr_${id}.1.0.${code}`],
    ["a missing part", `csr_${id}.1.${code}`],
    ["one part more", `csr_${id}.1.1.${code}.x`],
    ["a blank before", ` csr_${id}.1.1.${code}`],
    ["a line break after", `csr_${id}.1.1.${code}\n`],
    ["a megabyte", "csr_".repeat(250_000)],
  ])("%s", (_what, text) => {
    expect(parseRefreshToken(`csr_${id}.1.1.${code}`)).toBeDefined();
    expect(parseRefreshToken(text)).toBeUndefined();
  });
});

describe("the secret", () => {
  test.each([0, 16, 31])("corpus 4: of %i bytes is refused", async (length) => {
    await expect(importRefreshSecret(bytes(1, length))).rejects.toThrow("at least 32 bytes");
  });

  test("cannot be exported again", async () => {
    expect((await importRefreshSecret(bytes(1))).extractable).toBe(false);
  });
});
