import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isLoopback, trustAuthorities } from "./ca.ts";
import { personAt } from "./testing/person.ts";
import { scratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";

let server: Server;
let other: Server;

beforeAll(async () => {
  [server, other] = await Promise.all([startServer(), startServer()]);
});

afterAll(async () => {
  await Promise.all([server?.stop(), other?.stop()]);
});

/** Wrong credentials show that the server was reached and believed. */
const reached = { code: 5, stderr: expect.stringContaining("wrong_credentials") };
const distrusted = { code: 7, stderr: expect.stringContaining("does not trust") };

async function attempt(env: Readonly<Record<string, string>>, args = "", home = scratchFolder()) {
  const { run } = personAt(home, { COUNTERSIGN_URL: server.url, ...env });
  return await run(`login --email ann@example.com ${args}`, "not it");
}

describe("a server on this machine", () => {
  test("is trusted by the authority in its data directory", async () => {
    expect(await attempt({ COUNTERSIGN_DATA_DIR: server.dataDir })).toMatchObject(reached);
  });

  test("is trusted by the authority in ./data of the folder that one stands in", async () => {
    const home = scratchFolder();
    mkdirSync(join(home, "data"));
    cpSync(join(server.dataDir, "ca.pem"), join(home, "data/ca.pem"));
    expect(await attempt({}, "", home)).toMatchObject(reached);
  });

  test("ASVS 12.3.2: is not trusted without it: 7, and which flag helps", async () => {
    const { code, stderr } = await attempt({ COUNTERSIGN_DATA_DIR: "nowhere" });
    expect(code).toBe(7);
    expect(stderr).toContain("--ca FILE");
  });

  test("is not trusted by the authority of another server", async () => {
    expect(await attempt({ COUNTERSIGN_DATA_DIR: other.dataDir })).toMatchObject(distrusted);
    expect(await attempt({}, `--ca ${join(other.dataDir, "ca.pem")}`)).toMatchObject(distrusted);
  });

  test("is trusted by --ca FILE, alone or in a bundle", async () => {
    const bundle = join(scratchFolder(), "bundle.pem");
    const pem = (from: Server) => `# an authority\n${readFileSync(join(from.dataDir, "ca.pem"), "utf8")}`;
    writeFileSync(bundle, pem(other) + pem(server));
    expect(await attempt({ COUNTERSIGN_DATA_DIR: "nowhere" }, `--ca ${bundle}`)).toMatchObject(reached);
  });

  test("ASVS 12.3.2, RFC 6750 5.3: is never called with verification turned off, not even by the environment", async () => {
    const off = { COUNTERSIGN_DATA_DIR: "nowhere", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    expect(await attempt(off)).toMatchObject(distrusted);
  });

  test("9: a --ca that holds no certificate is refused before anything is sent", async () => {
    const file = join(scratchFolder(), "ca.pem");
    writeFileSync(file, "no certificate");
    expect(await attempt({}, `--ca ${file}`)).toMatchObject({ code: 9 });
    expect(await attempt({}, "--ca missing.pem")).toMatchObject({ code: 9 });
  });
});

test("files of this disk vouch for no other machine, also where they are told to be", () => {
  const environment = { url: undefined, dataDir: server.dataDir, folder: "/", configDir: "/", plain: false };
  expect(trustAuthorities(new URL("https://auth.example.com"), undefined, environment)).toBe(0);
  expect(trustAuthorities(new URL(server.url), undefined, environment)).toBe(1);
});

test.each([
  ["https://localhost:8443", true],
  ["https://127.0.0.1", true],
  ["https://127.1", true],
  ["https://[::1]:8443", true],
  ["https://localhost.example.com", false],
  ["https://127.0.0.1.example.com", false],
  ["https://10.0.0.1", false],
])("files of this disk vouch for %s: %s", (url, expected) => {
  expect(isLoopback(new URL(url))).toBe(expected);
});
