import type { VerificationKey } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import { makePair } from "../../../tokens/src/testing/forge.ts";
import {
  COOL_DOWN_MS,
  createRemoteKeys,
  FIRST_COOL_DOWN_MS,
  MAX_AGE_MS,
  RENEW_MS,
  STALE_IF_ERROR_MS,
} from "./remote-keys.ts";

const [a, b] = [(await makePair()).verification, (await makePair()).verification];

/** An issuer whose answers and clock are in our hands. */
function createIssuer(...published: VerificationKey[]) {
  let now = 1_900_000_000_000;
  let keys = published;
  let down = false;
  let held: PromiseWithResolvers<void> | undefined;
  let fetches = 0;
  const remote = createRemoteKeys(
    async () => {
      fetches += 1;
      await held?.promise;
      if (down) throw new Error("the issuer is down");
      return new Map(keys.map((key) => [key.kid, key]));
    },
    () => now,
  );
  return {
    remote,
    fetches: () => fetches,
    pass: (ms: number) => {
      now += ms;
    },
    publish: (...next: VerificationKey[]) => {
      keys = next;
    },
    goDown: () => {
      down = true;
    },
    comeBack: () => {
      down = false;
    },
    /** Lets fetches hang until the returned function is called. */
    hang: () => {
      held = Promise.withResolvers();
      const { resolve } = held;
      return () => {
        held = undefined;
        resolve();
      };
    },
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe("an issuer's keys", () => {
  test("are fetched when the first is asked for, once for all who ask", async () => {
    const { remote, fetches } = createIssuer(a);
    expect(fetches()).toBe(0);
    const found = await Promise.all(Array.from({ length: 50 }, () => remote.find(a.kid)));
    expect(new Set(found)).toEqual(new Set([a]));
    expect(fetches()).toBe(1);
  });

  test("are fetched again while the old ones serve, before they are too old", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.pass(RENEW_MS);
    const answer = issuer.hang();
    expect(await issuer.remote.find(a.kid)).toBe(a);
    expect(issuer.fetches()).toBe(2);
    answer();
  });

  test("are not believed past max-age before they were fetched again", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.publish(b);
    issuer.pass(MAX_AGE_MS);
    expect(await issuer.remote.find(a.kid)).toBe(undefined);
    expect(issuer.remote.has(a.kid)).toBe(false);
    expect(issuer.remote.has(b.kid)).toBe(true);
  });

  test("that are only judged by, and never looked for, are renewed as well", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.publish(b);
    issuer.pass(RENEW_MS);
    expect(issuer.remote.has(a.kid)).toBe(true);
    await issuer.settle();
    expect(issuer.remote.has(a.kid)).toBe(false);
  });

  test("whose change was told are fetched at once, and where that fails again after a cool-down", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.publish(b);
    issuer.goDown();
    issuer.remote.refresh();
    await issuer.settle();
    expect(issuer.fetches()).toBe(2);
    expect(await issuer.remote.find(a.kid)).toBe(a);
    issuer.comeBack();
    issuer.pass(COOL_DOWN_MS);
    expect(issuer.remote.has(a.kid)).toBe(true);
    await issuer.settle();
    expect(issuer.remote.has(a.kid)).toBe(false);
    issuer.pass(COOL_DOWN_MS);
    expect(issuer.remote.has(b.kid)).toBe(true);
    expect(issuer.fetches()).toBe(3);
  });

  test("a new key that nobody announced is found as soon as the cool-down allows", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.publish(a, b);
    issuer.pass(1_000);
    expect(await issuer.remote.find(b.kid)).toBe(undefined);
    issuer.pass(COOL_DOWN_MS);
    expect(await issuer.remote.find(b.kid)).toBe(b);
    expect(issuer.fetches()).toBe(2);
  });
});

describe("corpus 81, server case 6: a flood of unknown names", () => {
  test("costs one fetch each cool-down, however many and however mixed", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    for (let second = 0; second < 120; second += 1) {
      await Promise.all(Array.from({ length: 20 }, (_, at) => issuer.remote.find(`forged ${second} ${at}`)));
      expect(await issuer.remote.find(a.kid)).toBe(a);
      issuer.pass(1_000);
    }
    expect(issuer.fetches()).toBeLessThanOrEqual(1 + 120_000 / COOL_DOWN_MS);
    expect(issuer.fetches()).toBeGreaterThan(2);
  });

  test("a name that was looked for in vain is not looked for again while the set is fresh", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.pass(COOL_DOWN_MS);
    await issuer.remote.find("forged");
    expect(issuer.fetches()).toBe(2);
    for (let round = 0; round < 5; round += 1) {
      issuer.pass(COOL_DOWN_MS);
      await issuer.remote.find("forged");
    }
    expect(issuer.fetches()).toBe(2);
  });

  test("the memory of names is bounded, and the oldest goes", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.pass(COOL_DOWN_MS);
    await Promise.all(Array.from({ length: 1_001 }, (_, at) => issuer.remote.find(`forged ${at}`)));
    expect(issuer.fetches()).toBe(2);
    issuer.pass(COOL_DOWN_MS);
    await issuer.remote.find("forged 1000");
    expect(issuer.fetches()).toBe(2);
    await issuer.remote.find("forged 0");
    expect(issuer.fetches()).toBe(3);
  });

  test("does not make the others wait or fail while the issuer hangs", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.pass(COOL_DOWN_MS);
    const answer = issuer.hang();
    const forged = issuer.remote.find("forged");
    expect(await issuer.remote.find(a.kid)).toBe(a);
    answer();
    expect(await forged).toBe(undefined);
  });
});

describe("an issuer that cannot be reached", () => {
  test("corpus 17: is unavailable where there never was a set, and is asked less and less often", async () => {
    const issuer = createIssuer(a);
    issuer.goDown();
    let fetches = 0;
    for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
      fetches += 1;
      await expect(issuer.remote.find(a.kid)).rejects.toMatchObject({ reason: "unavailable", retryAfter: wait });
      issuer.pass(wait * 1000 - 1);
      await expect(issuer.remote.find(a.kid)).rejects.toMatchObject({ reason: "unavailable", retryAfter: 1 });
      expect(issuer.fetches()).toBe(fetches);
      issuer.pass(1);
    }
    expect(issuer.remote.has(a.kid)).toBe(false);
    issuer.comeBack();
    issuer.pass(30_000);
    expect(await issuer.remote.find(a.kid)).toBe(a);
  });

  test("for a moment only, serves a second later", async () => {
    const issuer = createIssuer(a);
    issuer.goDown();
    await expect(issuer.remote.find(a.kid)).rejects.toMatchObject({ reason: "unavailable" });
    issuer.comeBack();
    issuer.pass(FIRST_COOL_DOWN_MS);
    expect(await issuer.remote.find(a.kid)).toBe(a);
  });

  test("server case 6: down for an hour, known keys go on and nobody waits", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.goDown();
    for (let minute = 0; minute < 60; minute += 1) {
      issuer.pass(60_000);
      expect(await issuer.remote.find(a.kid)).toBe(a);
      expect(issuer.remote.has(a.kid)).toBe(true);
    }
    await issuer.settle();
    issuer.hang();
    issuer.pass(60_000);
    expect(await Promise.race([issuer.remote.find(a.kid), issuer.settle()])).toBe(a);
    expect(issuer.fetches()).toBeLessThanOrEqual(62);
  });

  test("for a day: its keys are believed no longer", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.goDown();
    issuer.pass(STALE_IF_ERROR_MS - 1);
    await issuer.remote.find(a.kid);
    issuer.pass(1);
    expect(issuer.remote.has(a.kid)).toBe(false);
    await issuer.settle();
    await expect(issuer.remote.find(a.kid)).rejects.toMatchObject({ reason: "unavailable" });
  });

  test("a clock that was set back neither freezes nor floods", async () => {
    const issuer = createIssuer(a);
    await issuer.remote.find(a.kid);
    issuer.publish(b);
    issuer.pass(-3_600_000);
    expect(await issuer.remote.find(b.kid)).toBe(b);
    expect(await issuer.remote.find(a.kid)).toBe(undefined);
    expect(issuer.fetches()).toBe(2);
  });
});
