import { PassThrough } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Ask, createAsk } from "./ask.ts";

const PASSWORD = "seven plums in winter";

/** A terminal, as far as a question needs one: what is typed goes in, what would be shown is kept. */
let typed: PassThrough;
let shown: string;
let ask: Ask;
beforeEach(() => {
  typed = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => typed });
  const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  shown = "";
  screen.on("data", (chunk) => {
    shown += chunk;
  });
  ask = createAsk({
    input: typed as unknown as ReadStream,
    output: screen as unknown as WriteStream,
    passwordStdin: false,
  });
});
afterEach(() => typed.destroy());

/** Waits for a question, and answers it. */
async function answer(question: string, ...keys: readonly string[]): Promise<void> {
  await vi.waitUntil(() => shown.includes(question));
  for (const key of [...keys, "\r"]) {
    typed.write(key);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("a password that is asked for at a terminal", () => {
  test("ASVS 6.2.6: is not shown while it is typed", async () => {
    const password = ask.password("Password");
    await answer("Password", ...PASSWORD);
    expect(await password).toBe(PASSWORD);
    expect(shown).not.toContain("plums");
  });

  test("ASVS 6.2.7: may be pasted, spaces and all, as a password manager does it", async () => {
    const password = ask.password("Password");
    await answer("Password", PASSWORD);
    expect(await password).toBe(PASSWORD);
    expect(shown).not.toContain("plums");
  });

  test("ASVS 6.2.6: a new one is asked for twice, since nobody sees it", async () => {
    const password = ask.newPassword("New password");
    await answer("New password", PASSWORD);
    await answer("The same again", "something else");
    await vi.waitUntil(() => shown.includes("They differ."));
    typed.write("\u0015");
    await answer("They differ.", PASSWORD);
    expect(await password).toBe(PASSWORD);
    expect(shown).not.toContain("plums");
  });
});
