import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { IssuerOptions } from "../../issuer-options.ts";
import { migratedPostgresDatabase } from "../../testing/postgres.ts";

type MakeDatabase = () => Promise<IssuerOptions["database"]>;

/** How to make a new database without rows of each kind that an issuer stands on, for the tests of one file. */
export function databasesForTests(): Readonly<Record<"SQLite" | "PostgreSQL", MakeDatabase>> {
  let folder: string;
  let files = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });
  return {
    SQLite: async () => ({ sqlite: join(folder, `${++files}.db`) }),
    PostgreSQL: async () => ({ postgres: await migratedPostgresDatabase() }),
  };
}
