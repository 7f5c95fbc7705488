import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { systemWorld, type World } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { devCertificates } from "./dev-certificates.ts";
import type { Pair } from "./pair.ts";
import { pairFor } from "./testing/pair-for.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const START = systemWorld.now();

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "countersign-tls-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const at = (day: number): World => ({ ...systemWorld, now: () => START + day * DAY_MS });
const file = (name: string) => readFileSync(join(directory, name), "utf8");
const mode = (name: string) => statSync(join(directory, name)).mode & 0o777;

/** What a client that trusts `ca.pem` and nothing else says of a server with this pair. */
async function handshake(pair: Pair, options: { host?: string; servername?: string }): Promise<string> {
  const server = createServer({ ...pair });
  server.on("tlsClientError", () => {});
  server.listen(0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", ...options, port, ca: file("ca.pem") });
  try {
    await once(socket, "secureConnect");
    return "trusted";
  } catch (error) {
    return String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe("the certificates for development", () => {
  test("are trusted for localhost, by whoever trusts ca.pem", async () => {
    const { pair } = await devCertificates(directory, systemWorld);
    expect(await handshake(pair, { servername: "localhost" })).toBe("trusted");
  });

  test("name no address, which a client built on BoringSSL could not judge under this authority", async () => {
    const { pair } = await devCertificates(directory, systemWorld);
    expect(new X509Certificate(pair.cert).subjectAltName).toBe("DNS:localhost");
    expect(await handshake(pair, { host: "127.0.0.1" })).toContain("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  test("leave only ca.pem for others to read", async () => {
    await devCertificates(directory, systemWorld);
    expect(["ca-key.pem", "leaf-key.pem", "leaf.pem"].map(mode)).toEqual([0o600, 0o600, 0o600]);
    expect(mode("ca.pem")).toBe(0o644);
  });

  test("cannot vouch for another name, even with the authority's key", async () => {
    await devCertificates(directory, systemWorld);
    const pair = pairFor([{ dNSName: "example.com" }], { cert: file("ca.pem"), key: file("ca-key.pem") });
    expect(await handshake(pair, { servername: "example.com" })).toContain("permitted subtree violation");
  });

  test("live a year and 90 days", async () => {
    const { pair } = await devCertificates(directory, at(0));
    const days = (pem: string) => Math.round((new X509Certificate(pem).validToDate.getTime() - START) / DAY_MS);
    expect([days(file("ca.pem")), days(pair.cert)]).toEqual([365, 90]);
  });

  test("are kept from start to start", async () => {
    const first = await devCertificates(directory, at(0));
    const again = await devCertificates(directory, at(59));
    expect(again.pair).toEqual(first.pair);
  });

  test("renew the leaf a month before its end, under the same authority", async () => {
    const first = await devCertificates(directory, at(0));
    const authority = file("ca.pem");
    const renewed = await devCertificates(directory, at(61));
    expect(renewed.pair.cert).not.toBe(first.pair.cert);
    expect(file("ca.pem")).toBe(authority);
  });

  test("renew the authority in its last week, and never let a leaf outlive it", async () => {
    await devCertificates(directory, at(0));
    const authority = file("ca.pem");
    const late = await devCertificates(directory, at(357));
    expect(file("ca.pem")).toBe(authority);
    expect(new X509Certificate(late.pair.cert).validTo).toBe(new X509Certificate(authority).validTo);
    expect((await devCertificates(directory, at(357.5))).pair).toEqual(late.pair);
    const { pair } = await devCertificates(directory, at(359));
    expect(file("ca.pem")).not.toBe(authority);
    expect(new X509Certificate(pair.cert).checkIssued(new X509Certificate(file("ca.pem")))).toBe(true);
  });

  test("heal when a crash left half of a pair", async () => {
    const first = await devCertificates(directory, at(0));
    writeFileSync(join(directory, "leaf-key.pem"), "-----BEGIN");
    const healed = await devCertificates(directory, at(0));
    expect(healed.pair.cert).not.toBe(first.pair.cert);
    expect(await handshake(healed.pair, { servername: "localhost" })).toBe("trusted");
  });

  test("renew by themselves while the server runs", async () => {
    let day = 0;
    const world: World = { ...systemWorld, now: () => START + day * DAY_MS };
    const source = await devCertificates(directory, world, { everyMs: 5 });
    const changed = new Promise<Pair>((resolve) => {
      const stop = source.watch((pair) => {
        stop();
        resolve(pair);
      });
    });
    day = 61;
    expect((await changed).cert).not.toBe(source.pair.cert);
    expect(file("leaf.pem")).toBe((await changed).cert);
  });
});
