import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createGuard } from "./guard.ts";
import type { Facts } from "./request/facts.ts";
import { createDesk } from "./test-support/desk.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().create();
const remote = {
  issuer: "https://auth.example",
  audience: "https://api.example",
  permissions: ["notes:read"],
  revocation: { mode: "until-expiry" },
};
const feed = { mode: "feed", credential: { id: "api", secret: "s3cret" } };
const local = { issuer: desk.verifier, permissions: ["notes:read"] };
const dpop = { publicUrl: "https://api.example/trpc" };

/** Past the compiler, as JavaScript would. */
const create = (options: object) => createGuard(t, options as never);

describe("corpus 17: a guard that would not guard is not made", () => {
  test("the settings that all of these were made from make one", () => {
    expect(create(remote)).toHaveProperty("router");
    expect(create(local)).toHaveProperty("router");
    expect(create({ ...local, dpop })).toHaveProperty("router");
    expect(create({ ...remote, revocation: feed })).toHaveProperty("router");
    expect(create({ ...remote, revocation: { ...feed, mode: "poll", maxStale: 30 } })).toHaveProperty("router");
  });

  test.each<[string, object, string]>([
    ["no issuer", { ...remote, issuer: undefined }, "issuer:"],
    ["an empty issuer", { ...remote, issuer: "" }, "issuer:"],
    ["an issuer that is no URL", { ...remote, issuer: "auth.example" }, "issuer:"],
    ["RFC 8414 2: an issuer without TLS", { ...remote, issuer: "http://auth.example" }, "issuer:"],
    ["an issuer without TLS at home", { ...remote, issuer: "http://localhost:8443" }, "issuer:"],
    ["an issuer with a query", { ...remote, issuer: "https://auth.example/?a=b" }, "issuer:"],
    ["an issuer with an empty query", { ...remote, issuer: "https://auth.example/?" }, "issuer:"],
    ["an issuer with a fragment", { ...remote, issuer: "https://auth.example/#a" }, "issuer:"],
    ["an issuer with credentials", { ...remote, issuer: "https://user:pass@auth.example" }, "issuer:"],
    ["an issuer with a line break", { ...remote, issuer: "https://auth.example\n" }, "issuer:"],
    ["a list of issuers", { ...remote, issuer: ["https://auth.example"] }, "issuer:"],
    ["an issuer with half a verifier", { ...local, issuer: { issuer: "https://auth.example" } }, "issuer:"],
    ["a verifier without an issuer", { ...local, issuer: { ...desk.verifier, issuer: "" } }, "issuer:"],
    ["no audience for an issuer elsewhere", { ...remote, audience: undefined }, "audience:"],
    ["an empty audience", { ...remote, audience: "" }, "audience:"],
    ["an audience that is no URL", { ...remote, audience: "notes" }, "audience:"],
    ["an audience without TLS", { ...remote, audience: "http://api.example" }, "audience:"],
    ["an audience that looks like home", { ...remote, audience: "http://localhost.evil.example" }, "audience:"],
    ["an audience with a pattern for a query", { ...remote, audience: "https://api.example/?.*" }, "audience:"],
    ["an empty audience for a verifier", { ...local, audience: "" }, "audience:"],
    ["no word on revocation", { ...remote, revocation: undefined }, "revocation:"],
    ["a feed without a credential", { ...remote, revocation: { mode: "feed" } }, "revocation.credential:"],
    ["half a credential", { ...remote, revocation: { ...feed, credential: { id: "api" } } }, "revocation.credential:"],
    [
      "a credential without a secret",
      { ...remote, revocation: { ...feed, credential: { id: "api", secret: "" } } },
      "revocation.credential:",
    ],
    ["a feed that may be silent for ever", { ...remote, revocation: { ...feed, silence: 901 } }, "revocation.silence:"],
    ["a feed that may hardly be silent", { ...remote, revocation: { ...feed, silence: 14 } }, "revocation.silence:"],
    ["silence that is no number", { ...remote, revocation: { ...feed, silence: "60" } }, "revocation.silence:"],
    [
      "an unknown answer to silence",
      { ...remote, revocation: { ...feed, whenSilent: "trust" } },
      "revocation.whenSilent:",
    ],
    ["polling without an end", { ...remote, revocation: { ...feed, mode: "poll" } }, "revocation.maxStale:"],
    [
      "polling that never asks",
      { ...remote, revocation: { ...feed, mode: "poll", maxStale: 1e9 } },
      "revocation.maxStale:",
    ],
    ["polling all the time", { ...remote, revocation: { ...feed, mode: "poll", maxStale: 0 } }, "revocation.maxStale:"],
    ["an unknown mode of revocation", { ...remote, revocation: { mode: "never" } }, "revocation:"],
    ["revocation for a verifier that knows", { ...local, revocation: { mode: "until-expiry" } }, "revocation:"],
    ["no permissions", { ...local, permissions: undefined }, "permissions:"],
    ["empty permissions", { ...local, permissions: [] }, "permissions:"],
    ["an empty permission", { ...local, permissions: [""] }, "permissions:"],
    ["a permission twice", { ...local, permissions: ["a:b", "c:d", "a:b"] }, 'permissions: "a:b"'],
    ["a permission without a verb", { ...local, permissions: ["notes"] }, 'permissions: "notes"'],
    ["a permission with two verbs", { ...local, permissions: ["notes:read:all"] }, "permissions:"],
    ["a permission with a space", { ...local, permissions: ["notes:read all"] }, "permissions:"],
    ["a permission in capitals", { ...local, permissions: ["Notes:Read"] }, "permissions:"],
    ["a permission that is a pattern", { ...local, permissions: ["notes:*"] }, "permissions:"],
    ["a permission with a quote", { ...local, permissions: ['notes:"'] }, "permissions:"],
    ["permissions as a text", { ...local, permissions: "notes:read" }, "permissions:"],
    ["a batch of nothing", { ...local, maxBatchSize: 0 }, "maxBatchSize:"],
    ["a batch without end", { ...local, maxBatchSize: Number.POSITIVE_INFINITY }, "maxBatchSize:"],
    ["a memory of nothing", { ...local, rememberTokens: 0 }, "rememberTokens:"],
    ["a verifier for no audience", { ...local, issuer: { ...desk.verifier, audience: "" } }, "audience:"],
    ["a verifier for a pattern", { ...local, issuer: { ...desk.verifier, audience: /api/ } }, "audience:"],
    [
      "a verifier for another audience",
      { ...local, audience: remote.audience, issuer: { ...desk.verifier, audience: "api://x" } },
      "audience:",
    ],
    ["proofs for an URL that is none", { ...local, dpop: { publicUrl: "api" } }, "dpop.publicUrl:"],
    ["proofs for no URL", { ...local, dpop: {} }, "dpop.publicUrl:"],
    ["proofs for an URL without TLS", { ...local, dpop: { publicUrl: "http://api.example/trpc" } }, "dpop.publicUrl:"],
    [
      "a short secret for nonces",
      { ...local, dpop: { ...dpop, nonceSecret: new Uint8Array(31) } },
      "dpop.nonceSecret:",
    ],
    ["a text as secret for nonces", { ...local, dpop: { ...dpop, nonceSecret: "s".repeat(32) } }, "dpop.nonceSecret:"],
    ["nonces required by a text", { ...local, dpop: { ...dpop, nonceRequired: "yes" } }, "dpop.nonceRequired:"],
    ["proofs required by a text", { ...local, dpop: { ...dpop, required: "no" } }, "dpop.required:"],
    ["a replay store that is none", { ...local, dpop: { ...dpop, replayStore: new Map() } }, "dpop.replayStore:"],
    ["room for no proof", { ...local, dpop: { ...dpop, rememberProofs: 0 } }, "dpop.rememberProofs:"],
    ["a base that reads input", { ...local, base: t.procedure.input(z.string()) }, "base:"],
    ["a base that replaces the call", { ...local, base: t.procedure.experimental_caller(async () => 1) }, "base:"],
  ])("%s", (_what, options, sentence) => {
    expect(() => create(options)).toThrow(sentence);
    expect(() => create(options)).toThrow(TypeError);
  });

  test("an API under development may have an audience without TLS at home", () => {
    for (const audience of ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"]) {
      expect(create({ ...remote, audience })).toHaveProperty("router");
    }
  });
});

describe("a policy that asks for nothing is not made", () => {
  const guard = createGuard(t, { issuer: desk.verifier, permissions: ["notes:read"] });
  const loose = guard as unknown as Record<
    "open" | "allowed",
    CallableFunction & Record<"any" | "orSignedIn", CallableFunction>
  >;

  test("open wants to know why", () => {
    for (const why of ["", "  ", undefined]) {
      expect(() => loose.open(why)).toThrow("open: say why");
      expect(() => loose.open.orSignedIn(why)).toThrow("open: say why");
    }
  });

  test("allowed wants permissions of this API", () => {
    expect(() => loose.allowed()).toThrow("allowed: name at least one");
    expect(() => loose.allowed.any()).toThrow("allowed: name at least one");
    expect(() => loose.allowed("notes:purge")).toThrow('allowed: "notes:purge"');
    expect(() => loose.allowed.any("notes:read", "constructor")).toThrow('allowed: "constructor"');
  });
});
