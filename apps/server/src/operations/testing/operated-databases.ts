import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { IssuerOptions } from "../../issuer-options.ts";
import { DEFAULT_SCHEMA } from "../../store/postgres-schema.ts";
import { newPostgresDatabase } from "../../testing/postgres.ts";

type Row = Readonly<Record<string, unknown>>;

/** A database that an operator works on, with ways around the issuer. Nobody may be connected while it is copied. */
export interface OperatedDatabase {
  readonly options: IssuerOptions["database"];
  /** Runs one statement, with our tables under their bare names, and answers its rows. */
  query(statement: string): Promise<readonly Row[]>;
  backUp(): Promise<void>;
  /** Puts what was backed up in the place of everything. */
  restore(): Promise<void>;
  remove(): Promise<void>;
}

/** How to make one of each kind. */
export const databases: Readonly<Record<string, () => Promise<OperatedDatabase>>> = {
  SQLite: createFile,
  PostgreSQL: async () => await createDatabase(await newPostgresDatabase()),
};

async function createFile(): Promise<OperatedDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-"));
  const file = join(folder, "test.db");
  const query = async (statement: string) => {
    const database = new DatabaseSync(file);
    try {
      return database.prepare(statement).all();
    } finally {
      database.close();
    }
  };
  return {
    options: { sqlite: file },
    query,
    // Whoever closes a database last leaves one file and no log.
    backUp: () => copyFile(file, `${file}.backup`),
    async restore() {
      for (const log of ["-wal", "-shm"]) await rm(`${file}${log}`, { force: true });
      await copyFile(`${file}.backup`, file);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

async function createDatabase(url: string): Promise<OperatedDatabase> {
  const name = new URL(url).pathname.slice(1);
  const server = new URL("/postgres", url).href;
  const run = async (statement: string, connectionString: string) => {
    const client = new pg.Client({ connectionString, options: `-c search_path=${DEFAULT_SCHEMA}` });
    await client.connect();
    try {
      return (await client.query<Row>(statement)).rows;
    } finally {
      await client.end();
    }
  };
  const copy = async (from: string, to: string) => {
    await run(`drop database if exists ${to} with (force)`, server);
    await run(`create database ${to} template ${from}`, server);
  };
  return {
    options: { postgres: url },
    query: (statement) => run(statement, url),
    backUp: () => copy(name, `${name}_backup`),
    restore: () => copy(`${name}_backup`, name),
    remove: async () => void (await run(`drop database ${name} with (force)`, server)),
  };
}
