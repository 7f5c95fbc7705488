import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratchFolder } from "./testing/scratch.ts";
import { createTokenFile } from "./token-file.ts";

const issuer = new URL("https://localhost:8443");
const onlyFile = (folder: string) => join(folder, readdirSync(folder)[0] ?? "no file");

describe("tokens at rest", () => {
  test("are found again, in a file that only its owner may read", async () => {
    const folder = scratchFolder();
    await createTokenFile({ folder, issuer }).storage.set("session", "secret");
    expect(await createTokenFile({ folder, issuer }).storage.get("session")).toBe("secret");
    expect(statSync(onlyFile(folder)).mode & 0o777).toBe(0o600);
  });

  test("are gone when removed", async () => {
    const folder = scratchFolder();
    const { storage } = createTokenFile({ folder, issuer });
    await storage.set("session", "secret");
    await storage.remove("session");
    expect(await storage.get("session")).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(["https://localhost:9443", "https://localhost:8443/auth"])(
    "go to no other issuer, such as %s, not even by a file that was renamed",
    async (url) => {
      const folder = scratchFolder();
      const other = createTokenFile({ folder, issuer: new URL(url) });
      await createTokenFile({ folder, issuer }).storage.set("session", "secret");
      expect(await other.storage.get("session")).toBeNull();

      await other.storage.set("session", "theirs");
      const files = readdirSync(folder).map((name) => join(folder, name));
      expect(files).toHaveLength(2);
      const ours = files.find((file) => readFileSync(file, "utf8").includes("secret")) ?? "";
      for (const file of files) writeFileSync(file, readFileSync(ours));
      expect(() => other.storage.get("session")).toThrow(expect.objectContaining({ exit: "localFile" }));
    },
  );

  test.each(["", "{", "null", '{"issuer":"https://localhost:8443"}', "\u0000\u0000"])(
    "that are corrupt (%j) are kept aside and named, and the next sign-in has a clean file",
    async (text) => {
      const folder = scratchFolder();
      const { storage, problem } = createTokenFile({ folder, issuer });
      await storage.set("session", "secret");
      writeFileSync(onlyFile(folder), text);
      expect(() => storage.get("session")).toThrow(expect.objectContaining({ exit: "localFile" }));
      expect(problem()?.message).toContain(onlyFile(folder));
      expect(readFileSync(onlyFile(folder), "utf8")).toBe(text);

      const next = createTokenFile({ folder, issuer });
      expect(await next.storage.get("session")).toBeNull();
      await next.storage.set("session", "again");
      expect(next.problem()).toBeUndefined();
    },
  );

  test("that others may read are neither used nor replaced", async () => {
    const folder = scratchFolder();
    const { storage } = createTokenFile({ folder, issuer });
    await storage.set("session", "secret");
    chmodSync(onlyFile(folder), 0o644);
    expect(() => storage.get("session")).toThrow(expect.objectContaining({ exit: "localFile" }));
    expect(() => storage.set("session", "next")).toThrow(expect.objectContaining({ exit: "localFile" }));
    expect(readFileSync(onlyFile(folder), "utf8")).toContain("secret");
  });

  test("that cannot be written are a problem that is told: the SDK goes on without", async () => {
    const { storage, problem } = createTokenFile({ folder: "/dev/null/x", issuer });
    expect(() => storage.set("session", "secret")).toThrow();
    expect(problem()).toMatchObject({ exit: "localFile", message: expect.stringContaining("ENOTDIR") });
  });

  test("are whole whenever they are read, while four processes replace them as fast as they can", async () => {
    const folder = scratchFolder();
    const { storage } = createTokenFile({ folder, issuer });
    const values = ["a", "b", "c", "d"].map((letter) => letter.repeat(20_000));
    await storage.set("session", values[0] ?? "");
    const program = `
      import { createTokenFile } from ${JSON.stringify(join(import.meta.dirname, "token-file.ts"))};
      const { storage } = createTokenFile({ folder: process.argv[1], issuer: new URL(${JSON.stringify(issuer)}) });
      for (let n = 0; n < 200; n++) storage.set("session", process.argv[2].repeat(20_000));
    `;
    const writers = ["a", "b", "c", "d"].map((letter) =>
      spawn(process.execPath, ["--conditions=source", "--input-type=module", "-e", program, folder, letter], {
        stdio: "inherit",
      }),
    );
    const ended = writers.map((writer) => once(writer, "exit"));
    let running = true;
    const done = Promise.all(ended).then((codes) => {
      running = false;
      return codes;
    });
    while (running) {
      expect(values.includes((await storage.get("session")) ?? "")).toBe(true);
      await new Promise(setImmediate);
    }
    expect((await done).map(([code]) => code)).toEqual([0, 0, 0, 0]);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
