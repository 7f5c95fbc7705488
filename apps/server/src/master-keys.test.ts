import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createIssuer, type IssuerOptions } from "./issuer.ts";
import { newPostgresDatabase } from "./testing/postgres.ts";

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

  test("are made in a database of somebody's as well, where the issuer is new to it", async () => {
    const theirs = new DatabaseSync(database.sqlite);
    theirs.exec("create table customers (id text)");
    theirs.close();
    await start({ database, masterKeys: { file } });
    expect(existsSync(file)).toBe(true);
  });

  test("are one, though several processes start at once on nothing", async () => {
    await Promise.all(Array.from({ length: 3 }, () => start({ database, masterKeys: { file } })));
    await start({ database, masterKeys: { file } });
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(1);
  });

  test("are missed, and not made anew, beside an issuer that is there", async () => {
    await start({ database, masterKeys: { file } });
    rmSync(file);
    await expect(start({ database, masterKeys: { file } })).rejects.toThrow("it must hold the master key");
    expect(existsSync(file)).toBe(false);
  });

  test("are never made for PostgreSQL, which several instances share", async () => {
    const postgres = { postgres: await newPostgresDatabase() };
    await expect(start({ database: postgres, masterKeys: { file } })).rejects.toThrow("openssl rand");
    expect(existsSync(file)).toBe(false);
  });
});
