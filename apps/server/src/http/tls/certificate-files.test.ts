import { once } from "node:events";
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeAuthority, makeLeaf } from "./authority.ts";
import { certificateFiles } from "./certificate-files.ts";
import { tlsOptions } from "./options.ts";
import type { Pair } from "./pair.ts";
import { pairFor } from "./testing/pair-for.ts";

const authority = makeAuthority(systemWorld);
let directory: string;
let cert: string;
let key: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "countersign-files-"));
  cert = join(directory, "cert.pem");
  key = join(directory, "key.pem");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** As tools that renew do it: the key and then the certificate, each renamed into its place. */
function install(pair: Pair): void {
  writeFileSync(`${key}.tmp`, pair.key, { mode: 0o600 });
  renameSync(`${key}.tmp`, key);
  writeFileSync(`${cert}.tmp`, pair.cert);
  renameSync(`${cert}.tmp`, cert);
}

const open = (onError?: (error: unknown) => void) =>
  certificateFiles({ cert, key, host: "localhost", everyMs: 5, ...(onError ? { onError } : {}) });

/** Asks over a connection that is open, and answers the status line. */
async function ask(socket: TLSSocket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [chunk] = await once(socket, "data");
  return String(chunk).split("\r\n")[0] ?? "";
}

describe("certificates from files", () => {
  test("server case 16: are renewed without dropping a connection", async () => {
    const [first, second] = [makeLeaf(authority, systemWorld), makeLeaf(authority, systemWorld)];
    install(first);
    const source = await open();
    const server = createServer(tlsOptions(source.pair), (_request, reply) => reply.end("ok"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dial = async () => {
      const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: authority.cert });
      await once(socket, "secureConnect");
      return socket;
    };

    const early = await dial();
    expect(await ask(early)).toBe("HTTP/1.1 200 OK");
    const changed = new Promise<() => void>((resolve) => {
      const stop = source.watch((pair) => {
        server.setSecureContext(tlsOptions(pair));
        resolve(stop);
      });
    });
    install(second);
    (await changed)();

    const late = await dial();
    expect(late.getPeerX509Certificate()?.toString()).toBe(second.cert);
    expect(early.getPeerX509Certificate()?.toString()).toBe(first.cert);
    expect(await ask(early)).toBe("HTTP/1.1 200 OK");
    expect(await ask(late)).toBe("HTTP/1.1 200 OK");
    for (const socket of [early, late]) socket.destroy();
    server.close();
  });

  test("go on with the earlier pair when the new one does not match, and say why", async () => {
    const [first, second] = [makeLeaf(authority, systemWorld), makeLeaf(authority, systemWorld)];
    install(first);
    let stop = () => {};
    const changes: Pair[] = [];
    const complaint = new Promise<unknown>((resolve) => {
      void open(resolve).then((source) => {
        stop = source.watch((pair) => changes.push(pair));
        writeFileSync(cert, second.cert);
      });
    });
    expect(String(await complaint)).toContain(`${key} is not the key of ${cert}`);
    expect(changes).toEqual([]);
    stop();
  });

  test("are refused at start when the key is not the certificate's", async () => {
    install({ cert: makeLeaf(authority, systemWorld).cert, key: authority.key });
    await expect(open()).rejects.toThrow("is not the key of");
  });

  test("are refused at start when they are for another host", async () => {
    install(makeLeaf(authority, systemWorld));
    await expect(certificateFiles({ cert, key, host: "auth.example.com" })).rejects.toThrow("is not for auth.example");
  });

  test("are taken for an address, in brackets or not", async () => {
    install(pairFor([{ iPAddress: "127.0.0.1" }, { iPAddress: "::1" }], authority));
    await expect(certificateFiles({ cert, key, host: "[::1]" })).resolves.toBeDefined();
    await expect(certificateFiles({ cert, key, host: "127.0.0.1" })).resolves.toBeDefined();
  });

  test("ASVS 13.3.1: are refused at start when everyone may read the key", async () => {
    install(makeLeaf(authority, systemWorld));
    chmodSync(key, 0o644);
    await expect(open()).rejects.toThrow("chmod o=");
  });

  test.each(["cert", "key"] as const)("are refused at start without a %s that can be read", async (which) => {
    install(makeLeaf(authority, systemWorld));
    rmSync(which === "cert" ? cert : key);
    await expect(open()).rejects.toThrow("cannot be read");
    writeFileSync(which === "cert" ? cert : key, "hello", { mode: 0o600 });
    await expect(open()).rejects.toThrow("is not what it should be");
  });
});
