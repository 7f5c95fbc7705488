import { describe, expect, test } from "vitest";
import { type ModeOptions, modeOf } from "./mode.ts";
import { createProofKey } from "./prover.ts";
import { memoryStorage } from "./storage.ts";

const storage = memoryStorage();

describe("how an app carries its refresh token", () => {
  test("is in storage outside of a browser, where nothing else is said", () => {
    expect(modeOf({})).toMatchObject({ mode: "storage", client: "cli" });
    expect(modeOf({ client: "nightly", storage })).toEqual({ mode: "storage", client: "nightly", storage });
  });

  test("is in a cookie where that is said", () => {
    expect(modeOf({ mode: "cookie", client: "web" })).toEqual({ mode: "cookie", client: "web" });
  });

  test("is bound to a key where that is said: to the one that is given, or one for as long as the program runs", async () => {
    const key = await createProofKey();
    const given = modeOf({ mode: "bound", client: "web", storage, key });
    expect(given).toMatchObject({ mode: "bound", client: "web", storage });
    expect("key" in given && (await given.key())).toBe(key);
    const made = modeOf({ mode: "bound", client: "web" });
    expect("key" in made && (await made.key()).privateKey).toMatchObject({ extractable: false, type: "private" });
  });

  test.each([
    ["client", { mode: "bound" }],
    ["key", { mode: "bound", client: "web", storage }],
    ["client", { mode: "cookie" }],
    ["storage", { mode: "cookie", client: "web", storage }],
    ["mode", { mode: "jar", client: "web" }],
  ])("is refused with a sentence that names %s", (name, options) => {
    expect(() => modeOf(options as ModeOptions)).toThrow(new RegExp(`^${name}: `));
  });
});
