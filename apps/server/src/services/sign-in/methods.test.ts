import { timingSafeEqual } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type SignInTrial, signInCases } from "../../testing/sign-in-cases.ts";
import { defineSignInMethod, wrongCredentials } from "./method.ts";

const digest = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** A method as somebody would write it: badges with a code each, which are kept in a list of their own. */
function badges() {
  const codes = new Map<string, { readonly account: string; readonly hash: Uint8Array }>();
  const badge = defineSignInMethod({
    name: "badge",
    input: z.strictObject({ badge: z.string().max(100), code: z.string().max(100) }),
    subject: ({ badge }) => badge,
    async prove({ badge, code }) {
      const known = codes.get(badge);
      const right = timingSafeEqual(await digest(code), known?.hash ?? (await digest("")));
      if (!known) throw wrongCredentials("unknown badge");
      if (!right) throw wrongCredentials("wrong code", known.account);
      return { account: known.account, amr: ["swk"], acr: "1fa" };
    },
  });
  return { codes, badge };
}

function badgeTrial(): SignInTrial {
  const { codes, badge } = badges();
  return {
    name: "badge",
    options: { signIn: [badge] },
    async enrol({ id }) {
      codes.set(`badge-${id}`, { account: id, hash: await digest("right-code") });
      return {
        right: { badge: `badge-${id}`, code: "right-code" },
        wrong: { badge: `badge-${id}`, code: "wrong-code" },
      };
    },
    stranger: { badge: "badge-of-nobody", code: "right-code" },
    malformed: { badge: 7 },
    limitsAccounts: true,
  };
}

const trials: readonly SignInTrial[] = [
  {
    name: "password",
    enrol: async ({ email, password }) => ({ right: { email, password }, wrong: { email, password: "not-the-one" } }),
    stranger: { email: "nobody@example.com", password: "not-the-one" },
    malformed: { email: "nobody@example.com" },
    limitsAccounts: true,
  },
  badgeTrial(),
];

// corpus 48, 50, 51, ASVS 6.3.1, 6.3.8, as far as they hold for every method.
describe.each(trials)("the sign-in method $name", (trial) => {
  for (const { title, run } of signInCases(trial)) test(title, run);
});

test("every method of this folder is on trial", () => {
  const folder = new URL(".", import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const texts = sources.map((name) => readFileSync(new URL(name, folder), "utf8"));
  const names = texts.flatMap((text) => [...text.matchAll(/defineSignInMethod\(\{\s*name: "([\w-]+)"/g)]);
  expect(names.map(([, name]) => name)).toContain("password");
  for (const [, name] of names) expect(trials.map((trial) => trial.name)).toContain(name);
});

describe("the suite finds a method", () => {
  const failing = async (trial: SignInTrial) => {
    const failed: string[] = [];
    for (const { title, run } of signInCases(trial)) {
      await run().catch((error: Error) => failed.push(`${title}: ${error.name}`));
    }
    return failed;
  };
  const { stranger, malformed, limitsAccounts, enrol, options } = badgeTrial();
  const trial = { name: "badge", stranger, malformed, limitsAccounts, enrol };
  const [honest] = options?.signIn ?? [];

  test("corpus 48: that refuses strangers sooner", async () => {
    const slow = async (input: unknown, caller: Parameters<NonNullable<typeof honest>["prove"]>[1]) => {
      if ((input as { badge: string }).badge.endsWith("nobody")) throw wrongCredentials("unknown badge");
      for (let round = 0; round < 600; round += 1) await digest("work");
      return await honest?.prove(input, caller);
    };
    const method = { ...honest, prove: slow } as NonNullable<typeof honest>;
    expect(await failing({ ...trial, options: { signIn: [method] } })).toContainEqual(
      expect.stringMatching(/^costs a stranger .*AssertionError/),
    );
  });

  test("ASVS 6.3.8: that tells strangers from others, or lets the audit keep what was sent", async () => {
    const telling = async (input: unknown) => {
      throw wrongCredentials(`no such code: ${(input as { code: string }).code}`);
    };
    const method = { ...honest, prove: telling } as NonNullable<typeof honest>;
    const failed = await failing({ ...trial, options: { signIn: [method] } });
    expect(failed).toContainEqual(expect.stringMatching(/^answers strangers.*AssertionError/));
    expect(failed).toContainEqual(expect.stringMatching(/^lets in who proves it.*AssertionError/));
  });

  test("corpus 51: that limits nobody's guesses at one account", async () => {
    const { subject: _, ...rest } = honest ?? {};
    const failed = await failing({ ...trial, options: { signIn: [rest as NonNullable<typeof honest>] } });
    expect(failed).toEqual([expect.stringMatching(/^is limited at one account.*AssertionError/)]);
  });
});
