import { describe, expect, test } from "vitest";
import { judgeOrigin, type Provenance } from "./origin.ts";

const console = { mode: "cookie", origins: ["https://auth.example.com"] } as const;
const cli = { mode: "storage", origins: [] } as const;
const elsewhere = { mode: "bound", origins: ["https://app.example"] } as const;
const from = (origin?: string, site?: string, mode?: string): Provenance => ({ origin, site, mode });

describe("where a session request comes from", () => {
  test.each([
    [from("https://auth.example.com")],
    [from("https://auth.example.com", "same-origin", "cors")],
    [from("https://auth.example.com", "same-site", "cors")],
    [from("https://auth.example.com", "same-origin", "same-origin")],
  ])("is fine at a registered origin: %o", (provenance) => {
    expect(() => judgeOrigin(provenance, console)).not.toThrow();
  });

  test.each([
    ["another origin", from("https://evil.example")],
    ["an opaque origin", from("null")],
    ["no origin at all", from()],
    ["an empty origin", from("")],
    ["a sibling", from("https://www.example.com", "same-site", "cors")],
    ["the same host without TLS", from("http://auth.example.com")],
    ["another port", from("https://auth.example.com:8443")],
    ["another case", from("https://AUTH.example.com")],
    ["a longer name", from("https://auth.example.com.evil.example")],
    ["a trailing slash", from("https://auth.example.com/")],
    ["two origins", from("https://auth.example.com, https://auth.example.com")],
    ["another site, whatever the origin says", from("https://auth.example.com", "cross-site", "cors")],
    ["the address bar", from("https://auth.example.com", "none", "cors")],
    ["a navigation", from("https://auth.example.com", "same-origin", "navigate")],
    ["a form or an image", from("https://auth.example.com", "same-origin", "no-cors")],
  ])("corpus 62: is refused in cookie mode from %s", (_name, provenance) => {
    expect(() => judgeOrigin(provenance, console)).toThrow("origin_refused");
  });

  test("is nobody's business for a program that is no browser", () => {
    expect(() => judgeOrigin(from(), cli)).not.toThrow();
    expect(() => judgeOrigin(from(undefined, undefined, "cors"), cli)).not.toThrow(); // what fetch in Node sends
  });

  test("may be another site for a client that proves a key, at its registered origins alone", () => {
    expect(() => judgeOrigin(from("https://app.example", "cross-site", "cors"), elsewhere)).not.toThrow();
    expect(() => judgeOrigin(from("https://evil.example", "cross-site", "cors"), elsewhere)).toThrow("origin_refused");
    expect(() => judgeOrigin(from("https://app.example", "cross-site", "no-cors"), elsewhere)).toThrow(
      "origin_refused",
    );
  });

  test("is refused when a page speaks for a client without origins", () => {
    expect(() => judgeOrigin(from("https://evil.example"), cli)).toThrow("origin_refused");
    expect(() => judgeOrigin(from("null"), cli)).toThrow("origin_refused");
    expect(() => judgeOrigin(from(undefined, "cross-site"), cli)).toThrow("origin_refused");
  });
});
