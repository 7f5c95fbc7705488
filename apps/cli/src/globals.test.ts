import { describe, expect, test } from "vitest";
import { addressOf, profileName, serverUrl } from "./globals.ts";

const environment = { url: undefined, dataDir: undefined, folder: "/", configDir: "/", plain: false };

describe("the server's address", () => {
  test("is the option's, else the environment's, else this machine's", () => {
    const set = { ...environment, url: "https://set.example" };
    expect(serverUrl({ url: "https://given.example" }, set).origin).toBe("https://given.example");
    expect(serverUrl({}, set).origin).toBe("https://set.example");
    expect(serverUrl({}, environment).origin).toBe("https://localhost:8443");
  });

  test("keeps its path", () => {
    expect(addressOf(serverUrl({ url: "https://app.example/auth/" }, environment))).toBe("https://app.example/auth");
    expect(addressOf(serverUrl({ url: "https://app.example/" }, environment))).toBe("https://app.example");
  });

  test.each([
    "http://localhost:8443",
    "localhost:8443",
    "https://ann:pw@auth.example",
    "https://auth.example/#x",
    "https://auth.example/auth?x",
    "",
  ])("is refused as %j: TLS only, and nothing secret in it", (url) =>
    expect(() => serverUrl({ url }, environment)).toThrow(expect.objectContaining({ exit: "usage" })),
  );
});

test.each(["../x", "a/b", "", ".hidden", "a b"])(
  "a profile named %j is refused: it becomes a file's name",
  (profile) => {
    expect(() => profileName({ profile })).toThrow(expect.objectContaining({ exit: "usage" }));
  },
);
