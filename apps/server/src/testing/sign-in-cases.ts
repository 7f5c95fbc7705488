import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type IssuerOptions } from "../issuer.ts";
import { type Desk, openDesk } from "./sign-in-desk.ts";

/** Somebody with an account at the issuer, who is to be let in by the method. */
export interface Enrolled {
  /** Id of the account. */
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** A sign-in method on trial. Inputs are as the SDK sends them: JSON. */
export interface SignInTrial {
  /** The method's name. */
  readonly name: string;
  /** The method itself, and what else its issuer needs; nothing for `password`. */
  readonly options?: Partial<IssuerOptions>;
  /** Lets an account in by the method, and answers what proves that and what does not. */
  enrol(account: Enrolled): Promise<{ readonly right: unknown; readonly wrong: unknown }>;
  /** What somebody would send of whom the method knows nothing. */
  readonly stranger: unknown;
  /** What is not of its form. */
  readonly malformed: unknown;
  /** Whether the method has a `subject`, so that attempts at one account are limited. */
  readonly limitsAccounts: boolean;
}

export interface SignInCase {
  readonly title: string;
  /** Opens an issuer of its own over a SQLite file in a temporary folder, and closes it. @throws {AssertionError} */
  run(): Promise<void>;
}

const generous = { most: 100_000, windowMs: 1e13 };
const unlimited = { address: generous, account: generous, accountFromAddress: generous };
const ROUNDS = 40;

/**
 * What every sign-in method must pass, for any test runner: `for (const { title, run } of signInCases(trial)) test(title, run)`.
 *
 * Does not check: what the method's proof is worth.
 */
export function signInCases(trial: SignInTrial): readonly SignInCase[] {
  const withDesk = (limits: NonNullable<IssuerOptions["limits"]>, work: (desk: Desk) => Promise<void>) => async () => {
    const folder = await mkdtemp(join(tmpdir(), "countersign-sign-in-"));
    const issuer = await createIssuer({
      issuer: "https://auth.example",
      database: { sqlite: join(folder, "issuer.db") },
      masterKeys: { file: join(folder, "master-key") },
      signUp: "open",
      ...trial.options,
      limits,
    });
    try {
      await work(await openDesk(issuer, trial));
    } finally {
      await issuer.close();
      await rm(folder, { recursive: true });
    }
  };

  const cases: SignInCase[] = [
    {
      title: "lets in who proves it, and the token says how",
      run: withDesk(unlimited, async (desk) => {
        const { id, right } = await desk.enrol();
        const { claims } = await desk.enter(await desk.attempt(right));
        assert.equal(claims.sub, id);
        assert.ok(claims.amr.length > 0);
        const [entry] = await desk.audit("sign_in.succeeded");
        assert.partialDeepStrictEqual(entry, { actor: id, detail: { method: trial.name, client: "cli" } });
      }),
    },
    {
      title:
        "answers strangers, the wrong and the disabled alike; only the audit tells them apart, and keeps no secret",
      run: withDesk(unlimited, async (desk) => {
        const ann = await desk.enrol();
        const bob = await desk.enrol();
        await desk.disable(bob.id);
        const inputs = [trial.stranger, ann.wrong, bob.right];
        const replies = [];
        for (const input of inputs) replies.push(await desk.attempt(input));
        assert.equal(replies[0]?.reason, "wrong_credentials");
        for (const reply of replies) assert.deepEqual(reply, replies[0]);
        const entries = await desk.audit("sign_in.refused");
        assert.equal(entries.length, inputs.length);
        for (const { detail } of entries) {
          assert.equal(detail["method"], trial.name);
          assert.equal(typeof detail["cause"], "string");
        }
        const secrets = inputs
          .flatMap(textsOf)
          .filter((text) => ![ann.email, bob.email, ann.id, bob.id].includes(text));
        for (const secret of secrets) assert.ok(!JSON.stringify(entries).includes(secret), "the audit holds an input");
      }),
    },
    {
      title: "takes what is not of its form for a bad request",
      run: withDesk(unlimited, async (desk) => {
        assert.equal((await desk.attempt(trial.malformed)).reason, "bad_request");
      }),
    },
    {
      title: "costs a stranger what it costs who is known",
      run: withDesk(unlimited, async (desk) => {
        const { wrong } = await desk.enrol();
        const times = { known: [] as number[], stranger: [] as number[] };
        for (let round = 0; round < ROUNDS; round += 1) {
          times.known.push(await desk.timed(wrong));
          times.stranger.push(await desk.timed(trial.stranger));
        }
        const ratio = median(times.stranger) / median(times.known);
        assert.ok(ratio > 0.6 && ratio < 1.6, `a stranger is refused in ${ratio.toFixed(2)} of the time`);
      }),
    },
    {
      title: "is limited by address, attempts at once counted one by one",
      run: withDesk({ ...unlimited, address: { most: 5, windowMs: 1e13 } }, async (desk) => {
        const { right, wrong } = await desk.enrol();
        const outcomes = await Promise.all(Array.from({ length: 8 }, () => desk.attempt(wrong)));
        assert.equal(outcomes.filter(({ reason }) => reason === "rate_limited").length, 3);
        assert.equal((await desk.attempt(right, "198.51.100.2")).reason, undefined);
      }),
    },
  ];
  if (!trial.limitsAccounts) return cases;
  return [
    ...cases,
    {
      title: "is limited at one account from one address, and keeps the owner out from nowhere else",
      run: withDesk({ ...unlimited, accountFromAddress: { most: 3, windowMs: 1e13 } }, async (desk) => {
        const { right, wrong } = await desk.enrol();
        const outcomes = await Promise.all(Array.from({ length: 6 }, () => desk.attempt(wrong)));
        assert.equal(outcomes.filter(({ reason }) => reason === "rate_limited").length, 3);
        assert.equal((await desk.attempt(right)).reason, "rate_limited");
        assert.equal((await desk.attempt(right, "198.51.100.2")).reason, undefined);
      }),
    },
    {
      title: "forgives who gets in",
      run: withDesk({ ...unlimited, accountFromAddress: { most: 3, windowMs: 1e13 } }, async (desk) => {
        const account = await desk.enrol();
        for (let round = 0; round < 3; round += 1) {
          const { right, wrong } = await desk.again(account);
          for (let at = 0; at < 2; at += 1) assert.equal((await desk.attempt(wrong)).reason, "wrong_credentials");
          assert.equal((await desk.attempt(right)).reason, undefined);
        }
      }),
    },
  ];
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The texts of an input that are long enough to be a secret. */
function textsOf(input: unknown): string[] {
  if (typeof input === "string") return input.length >= 6 ? [input] : [];
  return typeof input === "object" && input !== null ? Object.values(input).flatMap(textsOf) : [];
}
