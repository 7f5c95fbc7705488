import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createIssuer, type IssuerOptions } from "./issuer.ts";

const SECRET = "c2VjcmV0";
const folder = join(tmpdir(), `countersign-options-${process.pid}`);
const right: IssuerOptions = {
  issuer: "https://auth.example",
  database: { sqlite: join(folder, "issuer.db") },
  masterKeys: [new Uint8Array(32)],
};

/** As somebody without types would write it. */
const wrong: readonly [option: string, given: Record<string, unknown>][] = [
  ["issuer", { issuer: undefined }],
  ["issuer", { issuer: "http://auth.example" }],
  ["issuer", { issuer: "https://auth.example/" }],
  ["issuer", { issuer: "https://auth.example/auth/" }],
  ["issuer", { issuer: "https://auth.example/../auth" }],
  ["issuer", { issuer: "https://auth.example/:tenant" }],
  ["issuer", { issuer: "https://auth.example/*" }],
  ["issuer", { issuer: "https://auth.example/a%2Fb" }],
  ["issuer", { issuer: "https://auth.example//auth" }],
  ["issuer", { issuer: `https://me:${SECRET}@auth.example` }],
  ["issuer", { issuer: new URL("https://auth.example") }],
  ["database", { database: undefined }],
  ["database", { database: "issuer.db" }],
  ["database", { database: {} }],
  ["database", { database: { sqlite: "" } }],
  ["database", { database: { sqlite: ":memory:" } }],
  ["database", { database: { sqlite: "file:issuer.db?mode=memory" } }],
  ["database", { database: { sqlite: "a.db", schema: "auth" } }],
  ["database", { database: { sqlite: "a.db", postgres: "postgres://localhost/a" } }],
  ["database", { database: { postgres: {} } }],
  ["database", { database: { postgres: "postgres://localhost/a", schema: "Auth; drop" } }],
  ["database", { database: { postgres: "postgres://localhost/a", schema: "pg_catalog" } }],
  ["database", { database: { postgres: "postgres://localhost/a", shcema: "auth" } }],
  ["masterKeys", { masterKeys: undefined }],
  ["masterKeys", { masterKeys: [] }],
  ["masterKeys", { masterKeys: SECRET }],
  ["masterKeys", { masterKeys: [SECRET] }],
  ["masterKeys", { masterKeys: [undefined] }],
  ["masterKeys", { masterKeys: [`${SECRET}${"=".repeat(35)}`] }],
  ["masterKeys", { masterKeys: { file: "" } }],
  ["masterKeys", { masterKeys: { path: SECRET } }],
  ["signUp", { signUp: "anybody" }],
  ["clients", { clients: {} }],
  ["audiences", { audiences: { "https://api.example": [] } }],
  ["lifetimes", { lifetimes: 300 }],
  ["lifetimes.accesToken", { lifetimes: { accesToken: 300 } }],
  ["limits", { limits: [] }],
  ["limits.adress", { limits: { adress: { most: 1, windowMs: 1000 } } }],
  ["signIn", { signIn: {} }],
  ["claims", { claims: () => ({}) }],
  ["permissions", { permissions: "notes:read" }],
  ["roles", { roles: [] }],
  ["metadata", { metadata: 1 }],
  ["on", { on: () => {} }],
  ["mail", { mail: "smtp://localhost" }],
  ["world", { world: null }],
  ["logger", { logger: {} }],
  ["sigIn", { sigIn: [] }],
  ["__proto__", JSON.parse('{"__proto__":{}}')],
];

describe("the options of an issuer", () => {
  test.each(wrong)("are refused for %s in %j, before anything is opened or made", async (option, given) => {
    const refused = createIssuer({ ...right, ...given } as IssuerOptions);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(new RegExp(`^${option.replace(".", "\\.")}: `));
    await expect(refused).rejects.not.toThrow(SECRET);
    expect(existsSync(folder)).toBe(false);
  });

  test.each([null, undefined, "https://auth.example"])("are not %j", async (options) => {
    await expect(createIssuer(options as unknown as IssuerOptions)).rejects.toThrow(TypeError);
  });
});
