import { randomBytes } from "node:crypto";
import { systemWorld } from "@countersign/tokens";
import { hash } from "@node-rs/argon2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { migratedPostgresDatabase } from "../../testing/postgres.ts";
import { reasonOf } from "../testing/reason-of.ts";
import {
  ISSUER,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "../testing/test-issuer.ts";
import { defineSignInMethod, type Proof, wrongCredentials } from "./method.ts";
import { createPasswordMethod } from "./password.ts";

let issuer: TestIssuer;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const signIn = (
  email: string,
  password: string,
  request = TERMINAL as Parameters<typeof issuer.services.signIn.run>[2],
) => issuer.services.signIn.run("password", { email, password }, request, SOMEBODY);
const refused = () => issuer.store.audit.list({ limit: 100, event: "sign_in.refused" });

describe("signing in by password", () => {
  test("answers a handoff, and is audited", async () => {
    expect(await signIn("ANN@example.com ", PASSWORD)).toEqual({ handoff: expect.any(String), expiresIn: 60 });
    const [record] = await issuer.store.audit.list({ limit: 1, event: "sign_in.succeeded" });
    expect(record).toMatchObject({
      actor: ann.id,
      address: SOMEBODY.address,
      detail: { method: "password", client: "cli" },
    });
  });

  test("ASVS 6.2.8: compares exactly as it stands", async () => {
    for (const password of [
      `${PASSWORD} `,
      ` ${PASSWORD}`,
      PASSWORD.toUpperCase(),
      `${PASSWORD}\0`,
      PASSWORD.slice(0, -1),
    ]) {
      expect(await reasonOf(signIn(ann.email, password))).toBe("wrong_credentials");
    }
  });

  test("ASVS 6.3.8: unknown, disabled and wrong are one refusal; only the audit tells them apart", async () => {
    const admin = await issuer.administrator();
    const bob = await issuer.person("bob");
    await issuer.services.accounts.disable(bob.id, admin.actor);
    const attempts = [signIn("nobody@example.com", PASSWORD), signIn(bob.email, PASSWORD), signIn(ann.email, "wrong")];
    for (const attempt of attempts) {
      await expect(attempt).rejects.toMatchObject({ reason: "wrong_credentials", message: "wrong_credentials" });
    }
    const records = (await refused()).map(({ subject, detail }) => [subject, detail["cause"]]);
    expect(records).toEqual(
      expect.arrayContaining([
        [null, "unknown account"],
        [bob.id, "disabled account"],
        [ann.id, "wrong password"],
      ]),
    );
  });

  test("ASVS 6.3.1, corpus 51: 10 failures lock one account for one address, parallel ones counted one by one", async () => {
    const attempts = await Promise.all(Array.from({ length: 20 }, () => reasonOf(signIn(ann.email, "wrong"))));
    expect(attempts.filter((reason) => reason === "wrong_credentials")).toHaveLength(10);
    expect(attempts.filter((reason) => reason === "rate_limited")).toHaveLength(10);
    expect(await reasonOf(signIn(ann.email, PASSWORD))).toBe("rate_limited");
    await expect(signIn(ann.email, PASSWORD)).rejects.toMatchObject({ retryAfter: 900 });
    expect(await issuer.store.audit.list({ limit: 100, event: "sign_in.limited" })).toHaveLength(1);
    issuer.world.advance(900_000);
    await signIn(ann.email, PASSWORD);
  });

  test("ASVS 6.1.1: 110 failures from one address do not keep the owner out from another", async () => {
    for (let attempt = 0; attempt < 110; attempt += 1) await reasonOf(signIn(ann.email, "wrong"));
    const elsewhere = { ...SOMEBODY, address: "198.51.100.7" };
    const owner = issuer.services.signIn.run("password", { email: ann.email, password: PASSWORD }, TERMINAL, elsewhere);
    await expect(owner).resolves.toBeDefined();
  });

  test("server case 9: attempts from everywhere lock an account, but not for its owner where they signed in before", async () => {
    const home = "198.51.100.7";
    const from = (address: string, password: string) =>
      reasonOf(
        issuer.services.signIn.run("password", { email: ann.email, password }, TERMINAL, { ...SOMEBODY, address }),
      );
    expect(await from(home, PASSWORD)).toBeUndefined();
    const attack = async () => {
      for (let bot = 0; bot < 12; bot += 1) {
        for (let attempt = 0; attempt < 9; attempt += 1) await from(`203.0.113.${bot}`, "wrong");
      }
    };
    // As long as it goes on, for ever.
    for (let round = 0; round < 3; round += 1) {
      await attack();
      expect(await from("192.0.2.200", PASSWORD)).toBe("rate_limited");
      expect(await from(home, PASSWORD)).toBeUndefined();
      issuer.world.advance(30 * 86_400_000);
    }
    // Who knows the address gains nothing but the attempts that every address has.
    const guesses = [];
    for (let attempt = 0; attempt < 11; attempt += 1) guesses.push(await from(home, "wrong"));
    expect(guesses.at(-2)).toBe("wrong_credentials");
    expect(guesses.at(-1)).toBe("rate_limited");
  });

  test("server case 9: existing sessions go on while an account is locked", async () => {
    for (let attempt = 0; attempt < 12; attempt += 1) await reasonOf(signIn(ann.email, "wrong"));
    const refreshed = issuer.services.sessions.refresh({ client: "cli", refreshToken: ann.refreshToken }, SOMEBODY);
    await expect(refreshed).resolves.toBeDefined();
    await issuer.judge(ann.accessToken);
  });

  test("a success forgives the failures before it", async () => {
    for (let round = 0; round < 3; round += 1) {
      for (let attempt = 0; attempt < 8; attempt += 1) await reasonOf(signIn(ann.email, "wrong"));
      await signIn(ann.email, PASSWORD);
    }
  });

  test("the right password of a disabled account forgives nothing: its guesses stay counted", async () => {
    const admin = await issuer.administrator();
    await issuer.services.accounts.disable(ann.id, admin.actor);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(await reasonOf(signIn(ann.email, PASSWORD))).toBe("wrong_credentials");
    }
    expect(await reasonOf(signIn(ann.email, PASSWORD))).toBe("rate_limited");
  });

  test("a success does not forgive what the address did to others", async () => {
    const strict = await openTestIssuer({ limits: { address: { most: 5, windowMs: 60_000 } } });
    const attempt = (email: string, password: string) =>
      reasonOf(strict.services.signIn.run("password", { email, password }, TERMINAL, SOMEBODY));
    await strict.person("eve");
    for (const name of ["a", "b", "c"]) await attempt(`${name}@example.com`, "wrong");
    expect(await attempt("eve@example.com", PASSWORD)).toBeUndefined();
    expect(await attempt("d@example.com", "wrong")).toBe("rate_limited");
    await strict.close();
  });

  test("corpus 50: no address is limited as well, and an IPv6 subscriber has one limit", async () => {
    const strict = await openTestIssuer({ limits: { address: { most: 2, windowMs: 60_000 } } });
    const attempt = (address: string | null) =>
      reasonOf(
        strict.services.signIn.run("password", { email: "x@example.com", password: "y" }, TERMINAL, {
          address,
          userAgent: null,
        }),
      );
    expect([await attempt(null), await attempt(null), await attempt(null)].at(-1)).toBe("rate_limited");
    const hops = ["2001:db8::1", "2001:db8::2", "2001:db8::dead:beef:1"];
    const outcomes = [];
    for (const hop of hops) outcomes.push(await attempt(hop));
    expect(outcomes).toEqual(["wrong_credentials", "wrong_credentials", "rate_limited"]);
    await strict.close();
  });

  test("ASVS 7.4.3: who proved a password that is changed meanwhile gets no session by it", async () => {
    // Proved, and the account's owner is quicker with their new password.
    const password = createPasswordMethod(issuer);
    const prove: typeof password.prove = async (input, caller) => {
      const proof = await password.prove(input, caller);
      await issuer.services.accounts.changePassword({ current: PASSWORD, next: `${PASSWORD}, a new one` }, ann.actor);
      return proof;
    };
    const own = await openTestIssuer({ ...issuer.options, signIn: [{ ...password, name: "slow", prove }] });
    const attempt = own.services.signIn.run("slow", { email: ann.email, password: PASSWORD }, TERMINAL, SOMEBODY);
    await expect(attempt).rejects.toMatchObject({ reason: "busy", retryAfter: 1 });
    expect(await reasonOf(signIn(ann.email, PASSWORD))).toBe("wrong_credentials");
    await own.close();
  });

  test("ASVS 11.2.2: a hash of older parameters is made anew at the next sign-in", async () => {
    const old = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await issuer.store.accounts.setPassword(ann.id, old);
    await signIn(ann.email, PASSWORD);
    const fresh = (await issuer.store.accounts.byId(ann.id))?.passwordHash;
    expect(fresh).not.toBe(old);
    await signIn(ann.email, PASSWORD);
    expect((await issuer.store.accounts.byId(ann.id))?.passwordHash).toBe(fresh);
    await reasonOf(signIn(ann.email, "wrong"));
    expect((await issuer.store.accounts.byId(ann.id))?.passwordHash).toBe(fresh);
  });

  test.each([
    { client: "nobody", origin: null, reason: "invalid_client" },
    { client: "cli", origin: "https://evil.example", reason: "origin_refused" },
    { client: "console", origin: null, reason: "origin_refused" },
    { client: "console", origin: "null", reason: "origin_refused" },
    { client: "console", origin: `${ISSUER}:8443`, reason: "origin_refused" },
  ])("as client $client from $origin is refused before anything is tried", async ({ reason, ...request }) => {
    expect(await reasonOf(signIn(ann.email, PASSWORD, request))).toBe(reason);
  });

  test.each([undefined, null, "x", { email: "ann@example.com" }, { email: "ann@example.com", password: ["x"] }])(
    "with %j is refused as a bad request",
    async (input) => {
      expect(await reasonOf(issuer.services.signIn.run("password", input, TERMINAL, SOMEBODY))).toBe("bad_request");
    },
  );
});

describe("another sign-in method", () => {
  const smoke = defineSignInMethod({
    name: "smoke",
    input: z.string(),
    prove: async (input) => {
      if (input !== "signal") throw wrongCredentials("no signal", "somebody");
      return { account: ann.id, amr: ["smoke"], acr: "2fa" };
    },
  });

  test("proves through the same door, and its kind stands in the token", async () => {
    const own = await openTestIssuer({ ...issuer.options, signIn: [smoke] });
    const { handoff } = await own.services.signIn.run("smoke", "signal", TERMINAL, SOMEBODY);
    const { tokens } = await own.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
    const { claims } = await own.verifier.verify(tokens[0]?.access_token ?? "", ISSUER);
    expect(claims).toMatchObject({ sub: ann.id, amr: ["smoke"], acr: "2fa" });
    expect(await reasonOf(own.services.signIn.run("smoke", "none", TERMINAL, SOMEBODY))).toBe("wrong_credentials");
    await own.close();
  });

  test("that says whose account it is about is limited by account as well, and forgiven by a success", async () => {
    const limits = { accountFromAddress: { most: 2, windowMs: 60_000 }, account: { most: 5, windowMs: 60_000 } };
    const named = { ...smoke, subject: (input: unknown) => (input === "noise" ? undefined : "the hill") };
    const own = await openTestIssuer({ ...issuer.options, limits, signIn: [named] });
    const attempt = (input: string, address = "192.0.2.1") =>
      reasonOf(own.services.signIn.run("smoke", input, TERMINAL, { ...SOMEBODY, address }));
    for (let n = 0; n < 3; n += 1) expect(await attempt("noise")).toBe("wrong_credentials");
    for (let n = 0; n < 2; n += 1) {
      expect(await attempt("none")).toBe("wrong_credentials");
      expect(await attempt("signal")).toBeUndefined();
    }
    for (const host of [2, 3, 4]) expect(await attempt("signal", `192.0.2.${host}`)).toBeUndefined();
    expect(await attempt("signal", "192.0.2.5")).toBe("rate_limited");
    expect(await attempt("signal", "192.0.2.4")).toBeUndefined();
    await own.close();
  });

  test("ASVS 6.3.1: counts attempts at a name of any length", async () => {
    const named = { ...smoke, subject: (input: unknown) => String(input) };
    const database = { postgres: await migratedPostgresDatabase() };
    const own = await openTestIssuer({ signIn: [named], database, world: systemWorld });
    const name = randomBytes(40_000).toString("hex");
    const attempt = (ending: number) =>
      reasonOf(own.services.signIn.run("smoke", `${name}${ending}`, TERMINAL, SOMEBODY));
    for (let time = 0; time < 10; time += 1) expect(await attempt(time)).toBe("wrong_credentials");
    expect(await attempt(10)).toBe("rate_limited");
    await own.close();
  });

  test("cannot let in whom the issuer keeps out", async () => {
    const own = await openTestIssuer({ ...issuer.options, signIn: [smoke] });
    const admin = await own.administrator();
    await own.services.accounts.disable(ann.id, admin.actor);
    expect(await reasonOf(own.services.signIn.run("smoke", "signal", TERMINAL, SOMEBODY))).toBe("wrong_credentials");
    await own.close();
  });

  test("that does not exist is not found, and one name has one method", async () => {
    expect(await reasonOf(issuer.services.signIn.run("__proto__", {}, TERMINAL, SOMEBODY))).toBe("not_found");
    await expect(openTestIssuer({ signIn: [{ ...smoke, name: "password" }] })).rejects.toThrow(TypeError);
  });

  test("may know people by the address that it has proved, in any spelling", async () => {
    const prove = async () => ({ email: " ANN@example.com ", amr: ["smoke"], acr: "1fa" }) as const;
    const own = await openTestIssuer({ ...issuer.options, signIn: [{ ...smoke, prove }] });
    const { handoff } = await own.services.signIn.run("smoke", "", TERMINAL, SOMEBODY);
    expect((await own.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY)).account).toBe(ann.id);
    await own.close();
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["nobody", { amr: ["smoke"], acr: "1fa" }],
    ["no way", { account: "ann", amr: [], acr: "1fa" }],
    ["a strength that is none", { account: "ann", amr: ["smoke"], acr: "3fa" }],
  ])("that proves %s is a failure of its own, and nobody's way in", async (_, proof) => {
    const own = await openTestIssuer({ signIn: [{ ...smoke, prove: async () => proof as Proof }] });
    const run = own.services.signIn.run("smoke", "", TERMINAL, SOMEBODY);
    await expect(run).rejects.toThrow('sign-in method "smoke": prove answered no proof');
    await own.close();
  });

  test.each<[string, object]>([
    ["has no name", { name: "" }],
    ["has a name with a blank", { name: "smoke signal" }],
    ["has no input", { input: undefined }],
    ["has no prove", { prove: undefined }],
    ["has a subject that is no function", { subject: "ann" }],
  ])("that %s is not started with", async (_, wrong) => {
    await expect(openTestIssuer({ signIn: [{ ...smoke, ...wrong }] })).rejects.toThrow(/^signIn: /);
  });
});
