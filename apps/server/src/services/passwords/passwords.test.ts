import { afterAll, describe, expect, test, vi } from "vitest";
import type { HashJob } from "../hashing/job.ts";
import { defaultParameters, parametersOf } from "../hashing/parameters.ts";
import { createHashPool, type HashPool } from "../hashing/pool.ts";
import { createPasswords, MAX_PASSWORD_BYTES } from "./passwords.ts";

/** The real pool, and a list of what it was asked. */
function recorded(): { pool: HashPool; jobs: HashJob[] } {
  const jobs: HashJob[] = [];
  const real = createHashPool({ deadlineMs: 60_000 });
  const run = (job: HashJob) => {
    jobs.push(job);
    return real.run(job);
  };
  return { pool: { ...real, run }, jobs };
}

const { pool, jobs } = recorded();
const passwords = createPasswords({ pool });
const hash = await passwords.hash("correct horse battery");
afterAll(async () => {
  await passwords.close();
});

describe("a password hash", () => {
  test("ASVS 11.4.2: is argon2id of 46 MiB with a salt of 16 bytes and 32 bytes of hash", () => {
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  test("is another one each time: the salt is fresh", async () => {
    const again = await passwords.hash("correct horse battery");
    expect(again.split("$")[4]).not.toBe(hash.split("$")[4]);
    expect(await passwords.verify(again, "correct horse battery")).toBe(true);
  });

  test("ASVS 11.4.2: is not made with weaker settings", () => {
    expect(() => createPasswords({ parameters: { memory: 19_456, passes: 1, lanes: 1 } })).toThrow(TypeError);
  });

  test("ASVS 11.2.2: that was made with other settings still verifies, and asks to be made again", async () => {
    const former = createPasswords({ pool, parameters: { memory: 12_288, passes: 3, lanes: 1 } });
    const old = await former.hash("correct horse battery");
    expect(await passwords.verify(old, "correct horse battery")).toBe(true);
    expect(former.needsRehash(old)).toBe(false);
    expect(passwords.needsRehash(old)).toBe(true);
    expect(passwords.needsRehash(hash)).toBe(false);
    expect(passwords.needsRehash("$2b$12$whatever")).toBe(true);
  });

  test("that argon2 cannot read is our fault, not a wrong password", async () => {
    await expect(passwords.verify("$2b$12$whatever", "x")).rejects.toMatchObject({ reason: "internal" });
  });

  test("ASVS 6.2.10: does not age", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 20 * 365 * 86_400_000 });
    try {
      expect(await passwords.verify(hash, "correct horse battery")).toBe(true);
      expect(passwords.needsRehash(hash)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("ASVS 6.2.8: passwords are compared exactly", () => {
  const long = "x".repeat(72);

  test.each([
    ["a blank before", "correct horse", " correct horse"],
    ["a blank after", "correct horse", "correct horse "],
    ["a line break after", "correct horse", "correct horse\n"],
    ["another case", "correct horse", "Correct horse"],
    ["another blank inside", "correct horse", "correct\u00a0horse"],
    ["a byte more than 72", long, `${long}y`],
    ["another 73rd byte", `${long}y`, `${long}z`],
    ["another last of 1024 bytes", "x".repeat(1024), `${"x".repeat(1023)}y`],
    ["what follows a NUL", "correct\0horse", "correct\0house"],
    ["an end at the NUL", "correct\0horse", "correct"],
    ["another emoji", "correct 🐴🐴🐴", "correct 🐴🐴🦄"],
    ["another writing of é", "caf\u00e9 au lait", "cafe\u0301 au lait"],
    ["a zero-width blank", "correct horse", "correct\u200bhorse"],
  ])("corpus 69: %s makes another password", async (_what, password, other) => {
    const stored = await passwords.hash(password);
    expect(await passwords.verify(stored, password)).toBe(true);
    expect(await passwords.verify(stored, other)).toBe(false);
  });

  test("ASVS 6.2.9: 64 and 128 characters, and as many bytes as there may be, are hashed whole", async () => {
    for (const password of ["a".repeat(64), "a".repeat(128), "🐴".repeat(MAX_PASSWORD_BYTES / 4)]) {
      expect(await passwords.verify(await passwords.hash(password), password)).toBe(true);
    }
  });
});

describe("corpus 69: what cannot be a password never reaches the hashing", () => {
  const unfit: [string, string][] = [
    ["a megabyte", "x".repeat(1_000_000)],
    ["one byte too many", "x".repeat(1025)],
    ["one character too many of four bytes", `${"🐴".repeat(256)}x`],
    ["half a surrogate pair", "correct horse \ud83d"],
  ];

  test.each(unfit)("%s is not hashed", async (_what, password) => {
    const before = jobs.length;
    await expect(passwords.hash(password)).rejects.toMatchObject({ reason: "password_unsuitable" });
    expect(jobs).toHaveLength(before);
  });

  test.each(unfit)("%s is no one's password, at the price of a wrong one", async (_what, password) => {
    const before = jobs.length;
    expect(await passwords.verify(hash, password)).toBe(false);
    expect(jobs.slice(before)).toEqual([{ act: "verify", encoded: hash, password: "" }]);
  });

  test("two halves of surrogate pairs do not pass for each other", async () => {
    const stored = await passwords.hash("correct horse \ufffd");
    expect(await passwords.verify(stored, "correct horse \ud83d")).toBe(false);
  });

  test("and the empty password that stands in for them opens nothing", async () => {
    const empty = await passwords.hash("");
    expect(await passwords.verify(empty, "x".repeat(2000))).toBe(false);
  });
});

describe("corpus 48, ASVS 6.3.8: an unknown account costs what a known one costs", () => {
  const asked = async (stored: string | null, password: string) => {
    const before = jobs.length;
    expect(await passwords.verify(stored, password)).toBe(false);
    return jobs.slice(before);
  };

  test("one verification with the same parameters", async () => {
    const known = await asked(hash, "wrong horse battery");
    const unknown = await asked(null, "wrong horse battery");
    const cost = (list: HashJob[]) =>
      list.map((job) => [job.act, job.password, job.act === "verify" && parametersOf(job.encoded)]);
    expect(cost(unknown)).toEqual(cost(known));
    expect(cost(unknown)).toEqual([["verify", "wrong horse battery", defaultParameters]]);
  });

  test("which is really carried out", async () => {
    const [job] = await asked(null, "correct horse battery");
    if (!job) throw new Error("nothing was asked");
    expect(await pool.run(job)).toEqual({ right: false });
  });

  test("also with settings of one's own", async () => {
    const parameters = { memory: 12_288, passes: 3, lanes: 1 };
    const mine = createPasswords({ pool, parameters });
    const before = jobs.length;
    expect(await mine.verify(null, "wrong horse battery")).toBe(false);
    const [job] = jobs.slice(before);
    expect(job?.act === "verify" && parametersOf(job.encoded)).toEqual(parameters);
  });
});

test("corpus 70: a busy pool is a refusal with the time to come back", async () => {
  const small = createPasswords({ pool: createHashPool({ processes: 1, queue: 1, deadlineMs: 60_000 }) });
  const results = await Promise.allSettled([1, 2, 3].map(() => small.verify(hash, "correct horse battery")));
  expect(results).toMatchObject([
    { value: true },
    { value: true },
    { reason: { name: "Refusal", reason: "busy", retryAfter: 60 } },
  ]);
  await small.close();
});
