import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { settings } from "./settings.ts";
import { StartError } from "./start-error.ts";

const proxy = {
  COUNTERSIGN_TLS: "proxy",
  COUNTERSIGN_TRUSTED_PROXIES: "10.0.0.5, fd00::/8",
  COUNTERSIGN_ISSUER: "https://auth.example.com",
};

function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as StartError).message;
  }
  throw new Error("was accepted");
}

describe("the configuration", () => {
  test("needs nothing to be told", () => {
    expect(readConfig({ PATH: "/bin" })).toEqual({
      host: "localhost",
      port: 8443,
      issuer: "https://localhost:8443",
      dataDir: resolve("data"),
      database: { sqlite: resolve("data/countersign.db") },
      tls: { mode: "dev" },
      plain: { port: 8080, chosen: false },
      masterKeyFile: resolve("data/master-key"),
      configFile: undefined,
      signUp: undefined,
      audiences: undefined,
      lifetimes: { accessToken: 300, sessionIdle: 1_209_600, sessionAbsolute: 7_776_000 },
      logLevel: "info",
    });
  });

  test("takes an empty variable for an absent one", () => {
    expect(readConfig({ COUNTERSIGN_PORT: "" }).port).toBe(8443);
  });

  test("lists the APIs that accept our tokens", () => {
    const COUNTERSIGN_AUDIENCES = '{"https://api.example.com":["notes:read","notes:write"],"http://localhost:3000":[]}';
    expect(readConfig({ COUNTERSIGN_AUDIENCES }).audiences).toEqual([
      { audience: "https://api.example.com", permissions: ["notes:read", "notes:write"] },
      { audience: "http://localhost:3000", permissions: [] },
    ]);
  });

  test.each(["https://api.example.com", "[]x", '{"https://api.example.com":"notes:read"}', "[1]"])(
    "does not take %s for a list of APIs",
    (COUNTERSIGN_AUDIENCES) => {
      expect(refusal({ COUNTERSIGN_AUDIENCES })).toContain("COUNTERSIGN_AUDIENCES must be a JSON object");
    },
  );

  test("leaves the terminal app's own variable alone", () => {
    expect(readConfig({ COUNTERSIGN_URL: "https://localhost:8443" }).port).toBe(8443);
  });

  test("has an issuer without the default port of https", () => {
    expect(readConfig({ COUNTERSIGN_PORT: "443" }).issuer).toBe("https://localhost");
  });

  test("behind a proxy has no plain port unless one is chosen", () => {
    expect(readConfig(proxy).plain).toBeNull();
    expect(readConfig({ ...proxy, COUNTERSIGN_PLAIN_PORT: "8081" }).plain).toEqual({ port: 8081, chosen: true });
    expect(readConfig(proxy).tls).toEqual({ mode: "proxy", trusted: ["10.0.0.5", "fd00::/8"] });
  });

  test("with PostgreSQL keeps to a schema of its own", () => {
    const postgres = "postgres://app:secret@db.example.com/app?sslmode=verify-full";
    const given = { COUNTERSIGN_DATABASE_URL: postgres, COUNTERSIGN_MASTER_KEY_FILE: "/run/secrets/master-key" };
    const { database, masterKeyFile } = readConfig(given);
    expect({ database, masterKeyFile }).toEqual({
      database: { postgres, schema: "countersign" },
      masterKeyFile: "/run/secrets/master-key",
    });
    const elsewhere = readConfig({ ...given, COUNTERSIGN_DATABASE_SCHEMA: "auth" });
    expect(elsewhere.database).toEqual({ postgres, schema: "auth" });
  });

  test.each([
    [{ COUNTERSIGN_PORT: "0" }, "COUNTERSIGN_PORT must be a whole number from 1 to 65535."],
    [{ COUNTERSIGN_PORT: "8443x" }, "COUNTERSIGN_PORT must be a whole number from 1 to 65535."],
    [{ COUNTERSIGN_PORT: "1e3" }, "COUNTERSIGN_PORT must be a whole number from 1 to 65535."],
    [{ COUNTERSIGN_HOST: "example.com" }, "COUNTERSIGN_HOST must be localhost or an address of this machine"],
    [{ COUNTERSIGN_ISSUER: "http://localhost:8443" }, "COUNTERSIGN_ISSUER must be an https URL"],
    [{ COUNTERSIGN_ISSUER: "https://localhost:8443/" }, "COUNTERSIGN_ISSUER must be an https URL"],
    [{ COUNTERSIGN_ISSUER: "https://localhost:8443?x" }, "COUNTERSIGN_ISSUER must be an https URL"],
    [{ COUNTERSIGN_ISSUER: "https://localhost:8443#x" }, "COUNTERSIGN_ISSUER must be an https URL"],
    [{ COUNTERSIGN_ISSUER: "https://me@localhost:8443" }, "COUNTERSIGN_ISSUER must be an https URL"],
    [{ COUNTERSIGN_ISSUER: "https://LOCALHOST" }, "COUNTERSIGN_ISSUER must be an https URL"],
    [{ COUNTERSIGN_ISSUER: "https://auth.example.com" }, "COUNTERSIGN_TLS=dev makes certificates for localhost only"],
    [{ COUNTERSIGN_ISSUER: "https://127.0.0.1:8443" }, "COUNTERSIGN_TLS=dev makes certificates for localhost only"],
    [{ COUNTERSIGN_DATABASE_SCHEMA: "auth" }, "COUNTERSIGN_DATABASE_SCHEMA is for PostgreSQL"],
    [{ COUNTERSIGN_DATABASE_SCHEMA: "pg_temp" }, "COUNTERSIGN_DATABASE_SCHEMA must be lower case letters"],
    [{ COUNTERSIGN_TLS: "off" }, "COUNTERSIGN_TLS must be one of dev, files, proxy."],
    [{ COUNTERSIGN_TLS: "acme" }, "COUNTERSIGN_TLS does not know acme yet: use dev, files or proxy."],
    [{ COUNTERSIGN_TLS: "files" }, "COUNTERSIGN_TLS=files needs COUNTERSIGN_TLS_CERT and COUNTERSIGN_TLS_KEY"],
    [{ COUNTERSIGN_TLS_CERT: "a.pem" }, "COUNTERSIGN_TLS_CERT and COUNTERSIGN_TLS_KEY are for COUNTERSIGN_TLS=files"],
    [{ COUNTERSIGN_TLS: "proxy" }, "COUNTERSIGN_TLS=proxy needs COUNTERSIGN_TRUSTED_PROXIES"],
    [{ ...proxy, COUNTERSIGN_ISSUER: "" }, "COUNTERSIGN_TLS=proxy needs COUNTERSIGN_ISSUER"],
    [{ ...proxy, COUNTERSIGN_TRUSTED_PROXIES: "all" }, "COUNTERSIGN_TRUSTED_PROXIES must list addresses or networks"],
    [{ ...proxy, COUNTERSIGN_TRUSTED_PROXIES: "1.2.3.4/33" }, "COUNTERSIGN_TRUSTED_PROXIES must list addresses"],
    [{ COUNTERSIGN_TRUSTED_PROXIES: "10.0.0.5" }, "COUNTERSIGN_TRUSTED_PROXIES is for COUNTERSIGN_TLS=proxy"],
    [{ COUNTERSIGN_PLAIN_PORT: "8443" }, "COUNTERSIGN_PLAIN_PORT must not be COUNTERSIGN_PORT"],
    [{ COUNTERSIGN_PLAIN_PORT: "no" }, "COUNTERSIGN_PLAIN_PORT must be off or a whole number from 1 to 65535."],
    [{ COUNTERSIGN_SIGN_UP: "yes" }, "COUNTERSIGN_SIGN_UP must be one of closed, invite, open."],
    [{ COUNTERSIGN_ACCESS_TOKEN_LIFE: "901" }, "COUNTERSIGN_ACCESS_TOKEN_LIFE must be a whole number from 60 to 900."],
    [
      { COUNTERSIGN_SESSION_IDLE: "7776001" },
      "COUNTERSIGN_SESSION_IDLE must not be longer than COUNTERSIGN_SESSION_LIFE.",
    ],
    [{ COUNTERSIGN_DATABASE_URL: "mysql://localhost" }, "COUNTERSIGN_DATABASE_URL must be a postgres:// URL"],
    [{ COUNTERSIGN_DATABASE_URL: "postgres://localhost/app" }, "needs COUNTERSIGN_MASTER_KEY_FILE"],
    [{ COUNTERSIGN_PROT: "8443" }, "COUNTERSIGN_PROT is not a setting."],
    [{ COUNTERSIGN_LOG_LEVEL: "loud" }, "COUNTERSIGN_LOG_LEVEL must be one of debug, info, warn, error, silent."],
  ])("refuses to start with %j, and says what to do", (environment, sentence) => {
    expect(refusal(environment)).toContain(sentence);
  });

  test.each(["", "?sslmode=disable", "?sslmode=require", "?sslmode=no-verify", "?ssl=true"])(
    "ASVS 12.3.1: refuses a PostgreSQL elsewhere that it would reach without a verified certificate: %s",
    (query) => {
      const sentence = refusal({
        COUNTERSIGN_DATABASE_URL: `postgres://app:hunter2@db.example.com/app${query}`,
        COUNTERSIGN_MASTER_KEY_FILE: "key",
      });
      expect(sentence).toContain("sslmode=verify-full");
      expect(sentence).not.toContain("hunter2");
    },
  );

  test("says everything that is wrong at once", () => {
    expect(refusal({ COUNTERSIGN_PORT: "x", COUNTERSIGN_SIGN_UP: "x", COUNTERSIGN_X: "x" }).split("\n")).toHaveLength(
      3,
    );
  });

  test("is documented variable by variable in the README", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const rows = readme
      .split("\n")
      .filter((line) => line.startsWith("| `COUNTERSIGN_"))
      .map((line) => line.replaceAll(/ +/g, " "));
    const expected = Object.entries(settings).map(([name, schema]) => {
      const { preset, description } = schema.meta() as { preset: string; description: string };
      const shown = preset === "" || preset.includes("`") || preset.includes(" ") ? preset : `\`${preset}\``;
      return `| \`${name}\` | ${shown} | ${description} |`.replaceAll("  ", " ");
    });
    expect(rows).toEqual(expected);
  });
});
