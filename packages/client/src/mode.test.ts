import { describe, expect, test } from "vitest";
import { type ModeOptions, modeOf } from "./mode.ts";
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

  test.each([
    ["client", { mode: "cookie" }],
    ["storage", { mode: "cookie", client: "web", storage }],
    ["mode", { mode: "jar", client: "web" }],
  ])("is refused with a sentence that names %s", (name, options) => {
    expect(() => modeOf(options as ModeOptions)).toThrow(new RegExp(`^${name}: `));
  });
});
