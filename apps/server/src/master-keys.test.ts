import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createIssuer, type IssuerOptions } from "./issuer.ts";

let folder: string;
let file: string;
let database: { sqlite: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-keys-"));
  file = join(folder, "master-key");
  database = { sqlite: join(folder, "issuer.db") };
});
afterEach(() => rmSync(folder, { recursive: true }));

const start = async (options: Pick<IssuerOptions, "masterKeys" | "database">) => {
  const issuer = await createIssuer({ issuer: "https://auth.example", ...options });
  await issuer.close();
};

describe("the master keys of an issuer in somebody's program", () => {
  test("are in a file that is made with the database, and the same in any form", async () => {
    await start({ database, masterKeys: { file } });
    await start({ database, masterKeys: { file } });
    const text = readFileSync(file, "utf8").trim();
    await start({ database, masterKeys: [text] });
    await start({ database, masterKeys: [Buffer.from(text, "base64url")] });
    await start({ database, masterKeys: [systemWorld.random(32), text] });
    await expect(start({ database, masterKeys: [systemWorld.random(32)] })).rejects.toThrow(
      "master key does not belong",
    );
  });

  test("are missed, and not made anew, beside a database that is there", async () => {
    await start({ database, masterKeys: { file } });
    rmSync(file);
    await expect(start({ database, masterKeys: { file } })).rejects.toThrow("it must hold the master key");
    expect(existsSync(file)).toBe(false);
  });

  test("are never made for PostgreSQL, which several instances share", async () => {
    const postgres = { postgres: "postgres://localhost:1/nowhere" };
    await expect(start({ database: postgres, masterKeys: { file } })).rejects.toThrow("openssl rand");
    expect(existsSync(file)).toBe(false);
  });
});
