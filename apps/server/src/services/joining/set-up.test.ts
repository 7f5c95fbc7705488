import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, openTestIssuer, PASSWORD, SOMEBODY, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer({ signUp: "closed" });
});
afterEach(() => issuer.close());

const freshSecret = async () => (await issuer.services.setUp.link())?.split("#")[1] ?? "";
const redeem = (secret: string, email = "admin@example.com", password = PASSWORD) =>
  issuer.services.setUp.redeem({ secret, email, name: "Ada", password }, TERMINAL, SOMEBODY);

describe("the set-up link", () => {
  test("holds a secret behind the hash, which no server sees, and the database only its digest", async () => {
    const link = await issuer.services.setUp.link();
    expect(link).toMatch(new RegExp(`^${ISSUER}/setup#[A-Za-z0-9_-]{43}$`));
    const kept = await issuer.store.setUp.read();
    expect(kept?.hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(link).not.toContain(kept?.hash);
  });

  test("ASVS 6.3.2: makes the first administrator, who holds every permission here", async () => {
    const { handoff } = await redeem(await freshSecret());
    const { tokens } = await issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
    expect(tokens[0]?.scope.split(" ")).toEqual(expect.arrayContaining(["users:write", "roles:write", "audit:read"]));
  });

  test("ASVS 6.4.1: works once, and there is none any more", async () => {
    const secret = await freshSecret();
    await redeem(secret);
    expect(await reasonOf(redeem(secret, "second@example.com"))).toBe("invalid_code");
    expect(await issuer.services.setUp.link()).toBeUndefined();
    expect(await issuer.store.setUp.read()).toBeUndefined();
    expect(await issuer.store.accounts.list({ limit: 10 })).toHaveLength(1);
  });

  test("makes one administrator of 20 who redeem it at once", async () => {
    const secret = await freshSecret();
    const attempts = Array.from({ length: 20 }, (_, index) => reasonOf(redeem(secret, `admin${index}@example.com`)));
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(await issuer.store.roles.enabledHolders("administrator")).toBe(1);
    expect(await issuer.store.accounts.list({ limit: 100 })).toHaveLength(1);
  });

  test("dies after 24 hours", async () => {
    const secret = await freshSecret();
    issuer.world.advance(24 * 3_600_000);
    expect(await reasonOf(redeem(secret))).toBe("invalid_code");
  });

  test("dies when a new one is made", async () => {
    const [old, fresh] = [await freshSecret(), await freshSecret()];
    expect(await reasonOf(redeem(old))).toBe("invalid_code");
    await redeem(fresh);
  });

  test("survives an account that cannot be made", async () => {
    const secret = await freshSecret();
    expect(await reasonOf(redeem(secret, "admin@example.com", "password123"))).toBe("password_unsuitable");
    expect(await reasonOf(redeem(secret, "no address"))).toBe("bad_request");
    await redeem(secret);
  });

  test.each(["", "x", "A".repeat(43), "A".repeat(10_000)])(
    "cannot be guessed as %j, and guesses are audited",
    async (guess) => {
      await freshSecret();
      expect(await reasonOf(redeem(guess))).toBe("invalid_code");
      expect(await issuer.store.audit.list({ limit: 10, event: "set_up.refused" })).toHaveLength(1);
    },
  );

  test("ASVS 6.3.1: guesses are limited by address", async () => {
    const strict = await openTestIssuer({ limits: { address: { most: 3, windowMs: 60_000 } } });
    const guess = () =>
      reasonOf(
        strict.services.setUp.redeem(
          { secret: "x", email: "a@b.example", name: "A", password: "x" },
          TERMINAL,
          SOMEBODY,
        ),
      );
    expect([await guess(), await guess(), await guess(), await guess()]).toEqual([
      "invalid_code",
      "invalid_code",
      "invalid_code",
      "rate_limited",
    ]);
    await strict.close();
  });
});
