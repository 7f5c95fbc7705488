import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readMasterKeys } from "./master-key.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "countersign-key-"));
  file = join(directory, "data", "master-key");
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (byte: number) => Buffer.alloc(32, byte).toString("base64url");

describe("the master key", () => {
  test("is made at first start, for its owner alone, and read again at the next", async () => {
    const [made] = await readMasterKeys(file, true, systemWorld);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readMasterKeys(file, false, systemWorld)).toEqual([made]);
    expect(made).toHaveLength(32);
  });

  test("is one, however many make it at once, and no draft of it stays", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => readMasterKeys(file, true, systemWorld)));
    for (const [made] of all) expect(made).toEqual(all[0]?.[0]);
    expect(readdirSync(dirname(file))).toEqual(["master-key"]);
  });

  test("may be several, of which the first comes first", async () => {
    await readMasterKeys(file, true, systemWorld);
    writeFileSync(file, `${line(1)}\n${line(2)}\n`);
    expect((await readMasterKeys(file, false, systemWorld)).map((key) => key[0])).toEqual([1, 2]);
  });

  test("is not made where it must be brought", async () => {
    await expect(readMasterKeys(file, false, systemWorld)).rejects.toThrow("must hold the master key");
  });

  test("is not made anew over one that cannot be used", async () => {
    await readMasterKeys(file, true, systemWorld);
    writeFileSync(file, "");
    await expect(readMasterKeys(file, true, systemWorld)).rejects.toThrow("32 bytes in base64url");
    expect(readFileSync(file, "utf8")).toBe("");
  });

  test.each([
    ["empty", ""],
    ["short", `${line(1).slice(1)}\n`],
    ["in another alphabet", `${Buffer.alloc(32, 255).toString("base64")}\n`],
    ["with a comment", `# mine\n${line(1)}\n`],
  ])("is refused when it is %s", async (_name, text) => {
    await readMasterKeys(file, true, systemWorld);
    writeFileSync(file, text);
    await expect(readMasterKeys(file, true, systemWorld)).rejects.toThrow("32 bytes in base64url");
  });

  test.each([0o640, 0o604, 0o644])("ASVS 13.3.1: is refused with mode %o", async (mode) => {
    await readMasterKeys(file, true, systemWorld);
    chmodSync(file, mode);
    await expect(readMasterKeys(file, true, systemWorld)).rejects.toThrow("chmod 600");
  });
});
