import { createOneTimeSecret, Refusal, systemWorld } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import { createLog } from "./log.ts";

function capture(): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  return { lines, log: createLog("debug", { write: (line) => void lines.push(line) }) };
}

const jwt = `${btoa('{"alg":"EdDSA","typ":"at+jwt"}').replaceAll("=", "")}.e30.c2ln`;
const refresh = `csr_${"a".repeat(22)}.3.1.${"b".repeat(43)}`;
const hash = "$argon2id$v=19$m=47104,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";

describe("the log", () => {
  test.each([
    ["an access token", jwt],
    ["a refresh token", refresh],
    ["a password's hash", hash],
    ["a sealed text", `s1.${"k".repeat(16)}.aXYxMjM0.Y2lwaGVy`],
    ["a header", "Bearer abc.def"],
    ["a database's address", "postgres://app:hunter2@db/app"],
  ])("corpus 76: keeps %s out of messages, errors and stacks", (_name, secret) => {
    const { lines, log } = capture();
    const cause = new Error(`driver said ${secret}`);
    log.error({ err: new Refusal("unavailable", { detail: `while holding ${secret}`, cause }) }, `broke on ${secret}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("[removed]");
    expect(lines[0]).not.toContain(secret.replace(/^(Bearer )|^postgres:\/\/app:|@db\/app$/g, ""));
    expect(JSON.parse(lines[0] ?? "").err.cause.message).toContain("driver said");
  });

  test("corpus 76: keeps one-time secrets out, though they look like nothing in particular", async () => {
    const { lines, log } = capture();
    const { secret, hash: stored } = await createOneTimeSecret(systemWorld);
    log.info(`https://localhost:8443/setup#${secret} ${stored}`);
    expect(lines[0]).not.toContain(secret);
    expect(lines[0]).not.toContain(stored);
  });

  test("keeps out what stands under the name of a secret", () => {
    const { lines, log } = capture();
    log.info({ password: "correct horse", input: { secret: "battery", email: "ann@example.com" } }, "staple");
    expect(lines[0]).not.toMatch(/horse|battery/);
    expect(lines[0]).toContain("ann@example.com");
  });

  test("keeps of an error what was written for the log, and no row that a database quotes", () => {
    const { lines, log } = capture();
    const error = Object.assign(new Error("duplicate key"), { code: "23505", detail: "Key (email)=(ann@example.com)" });
    log.error({ err: new Refusal("conflict", { detail: "address taken", cause: error }) }, "refused");
    const { err } = JSON.parse(lines[0] ?? "");
    expect(err).toMatchObject({ reason: "conflict", detail: "address taken", cause: { code: "23505" } });
    expect(lines[0]).not.toContain("ann@example.com");
  });

  test("ASVS 16.4.1: cannot be made to begin a line or to command a terminal", () => {
    const { lines, log } = capture();
    log.info({ name: 'ann\r\n{"level":"error"}\u001b[2J\u009b31m\u2028' }, "hello\nworld\u0085");
    expect(lines).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to miss
    expect(lines[0]?.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(JSON.parse(lines[0] ?? "").name).toContain("ann\r\n");
  });

  test("ASVS 16.2.2: says when, in UTC", () => {
    const { lines, log } = capture();
    log.info("now");
    expect(JSON.parse(lines[0] ?? "").time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});
