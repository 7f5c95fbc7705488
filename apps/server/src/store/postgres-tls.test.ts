import { dirname, join } from "node:path";
import pg from "pg";
import { describe, expect, test } from "vitest";
import { openPostgres } from "./postgres.ts";
import { assertVerifiedTls } from "./postgres-tls.ts";

const way = "postgres://user:secret@db.example.com/countersign";
/** Any file: `pg` reads it, and nobody connects. */
const ca = join(dirname(import.meta.filename), "postgres-tls.ts");

describe("the way to PostgreSQL", () => {
  test.each([
    "postgres://user@localhost/db",
    "postgres://user@127.0.0.1:5433/db",
    "postgres://user@[::1]/db",
    "postgres:///db?host=/var/run/postgresql",
    "socket:/var/run/postgresql?db=db",
    `${way}?sslmode=verify-full`,
    `${way}?sslmode=require`,
    `${way}?sslmode=verify-full&sslrootcert=${ca}`,
    `${way}?uselibpqcompat=true&sslmode=verify-full&sslrootcert=${ca}`,
  ])("ASVS 12.3.1: is taken where nobody can listen or pretend: %s", (connection) => {
    expect(() => assertVerifiedTls(connection)).not.toThrow();
  });

  test.each([
    way,
    `${way}?sslmode=disable`,
    `${way}?sslmode=no-verify`,
    `${way}?ssl=0`,
    `${way}?uselibpqcompat=true&sslmode=require`,
    `${way}?uselibpqcompat=true&sslmode=prefer`,
    `${way}?uselibpqcompat=true&sslmode=require&sslrootcert=${ca}`,
    `${way}?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${ca}`,
    "postgres://user:secret@localhost/db?host=db.example.com",
    "postgres://user:secret@db.example.com:5432/127.0.0.1",
  ])("ASVS 12.3.1: is refused at once with a sentence where somebody could, without the password: %s", (connection) => {
    const open = () => openPostgres({ connection });
    expect(open).toThrow(/PostgreSQL at db\.example\.com must be reached over verified TLS: add sslmode=verify-full/);
    expect(open).not.toThrow(/secret/);
  });

  test("ASVS 12.3.1: a pool of one's own is judged by its settings", () => {
    const pool = (options: pg.PoolConfig) => new pg.Pool({ host: "db.example.com", ...options });
    expect(() => openPostgres({ connection: pool({}) })).toThrow(/verified TLS/);
    expect(() => openPostgres({ connection: pool({ ssl: { rejectUnauthorized: false } }) })).toThrow(/verified TLS/);
    expect(() => assertVerifiedTls(pool({ ssl: true }))).not.toThrow();
    expect(() => assertVerifiedTls(pool({ ssl: { checkServerIdentity: () => undefined } }))).not.toThrow();
    expect(() => assertVerifiedTls(new pg.Pool({ connectionString: way }))).toThrow(/verified TLS/);
  });

  test("settings that make no sense are refused at once", () => {
    const connection = "postgres://localhost/db";
    for (const wrong of [{ size: 0 }, { size: 1.5 }, { timeoutMs: 0 }, { timeoutMs: Number.NaN }, { schema: "a;b" }]) {
      expect(() => openPostgres({ connection, ...wrong })).toThrow(TypeError);
    }
  });
});
