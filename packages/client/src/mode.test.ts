import { describe, expect, test } from "vitest";
import { createProofKey } from "./keeping/proof-key.ts";
import { memoryStorage } from "./keeping/storage.ts";
import { type ModeOptions, modeOf } from "./mode.ts";

const storage = memoryStorage();

describe("how an app carries its refresh token", () => {
  test("is in storage outside of a browser, where nothing else is said", () => {
    expect(modeOf({})).toMatchObject({ mode: "storage", client: "cli" });
    expect(modeOf({ client: "nightly", storage })).toEqual({ mode: "storage", client: "nightly", storage });
  });

  test("is in a cookie where that is said", () => {
    expect(modeOf({ mode: "cookie", client: "web" })).toEqual({ mode: "cookie", client: "web" });
  });

  test("is bound to a key where that is said: to the one that is given, or to one that it makes", async () => {
    const key = await createProofKey();
    const given = { mode: "bound", client: "web", storage, key } as const;
    expect(modeOf(given)).toEqual(given);
    expect(modeOf({ mode: "bound", client: "web" })).toEqual({ mode: "bound", client: "web" });
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
