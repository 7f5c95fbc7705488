import { importMasterKey, issueAccessToken, PUBLISHED_MS } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAudit } from "../audit/audit.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { MASTER_KEY, openTestIssuer, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";
import { openKeys } from "./keys.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer();
});
afterEach(() => issuer.close());

const kids = (of: TestIssuer) => of.services.keys.jwks().keys.map(({ kid }) => kid);
const statuses = (of: TestIssuer) => of.services.keys.ring().map(({ status }) => status);

/** Has a successor sign, at an instance of its own. Answers the key that signed before. */
async function rotateElsewhere(): Promise<string> {
  await issuer.advance(PUBLISHED_MS);
  const other = await openTestIssuer(issuer.options);
  const { retired } = await other.services.keyRotation.rotate({ ...SOMEBODY, id: "somebody", session: null });
  await other.close();
  return retired;
}

describe("the key ring", () => {
  test("begins with a key that signs and two published successors, Ed25519 all of them", () => {
    expect(statuses(issuer).sort()).toEqual(["current", "next", "next"]);
    for (const jwk of issuer.services.keys.jwks().keys)
      expect(jwk).toMatchObject({ kty: "OKP", crv: "Ed25519", alg: "EdDSA" });
  });

  test("never publishes a private half, and keeps it sealed", async () => {
    expect(JSON.stringify(issuer.services.keys.jwks())).not.toContain('"d"');
    for (const { sealed } of await issuer.store.keys.list()) expect(sealed).toMatch(/^s1\.[^.]+\.[^.]+\.[^.]+$/);
  });

  test("is the same after a restart, and for a second instance", async () => {
    const ann = await issuer.person("ann");
    const second = await openTestIssuer(issuer.options);
    expect(kids(second).sort()).toEqual(kids(issuer).sort());
    await second.judge(ann.accessToken);
    await second.close();
  });

  test("opens with an older master key beside the new one, and not without it", async () => {
    const fresh = new Uint8Array(32).fill(9);
    const both = await openTestIssuer({ ...issuer.options, masterKeys: [fresh, MASTER_KEY] });
    expect(kids(both).sort()).toEqual(kids(issuer).sort());
    await both.close();
    await expect(openTestIssuer({ ...issuer.options, masterKeys: [fresh] })).rejects.toThrow(
      /master key does not belong to this database/,
    );
  });

  test("a token of a key that another instance activated is good here at once", async () => {
    const before = await issuer.person("ann");
    await rotateElsewhere();
    const second = await openTestIssuer(issuer.options);
    const theirs = await second.signIn(before.email);
    await issuer.judge(theirs.accessToken);
    await second.close();
  });

  test("the first token after another instance's rotation is signed by the new key, here too", async () => {
    const ann = await issuer.person("ann");
    const retired = await rotateElsewhere();
    const { kid } = await issuer.verifier.verify((await issuer.signIn(ann.email)).accessToken, issuer.services.issuer);
    expect(kid).not.toBe(retired);
    expect(kid).toBe(await issuer.store.keys.signing());
  });

  test("a retired key verifies for 20 minutes, then it is gone", async () => {
    await rotateElsewhere();
    await issuer.services.keys.reload();
    expect(statuses(issuer).sort()).toEqual(["current", "next", "next", "previous"]);
    issuer.world.advance(20 * 60_000 - 1);
    expect(kids(issuer)).toHaveLength(4);
    issuer.world.advance(1);
    expect(kids(issuer)).toHaveLength(3);
  });

  test("a token of a key that is gone is refused although its times hold", async () => {
    const ann = await issuer.person("ann");
    const old = await rotateElsewhere();
    issuer.world.advance(20 * 60_000);
    await issuer.services.keys.reload();
    const token = await issuer.verifier.verify((await issuer.signIn(ann.email)).accessToken, issuer.services.issuer);
    expect(await reasonOf((async () => issuer.verifier.judge({ ...token, kid: old }))())).toBe("token_stale");
  });

  test("corpus 81: a flood of unknown keys reads the ring once in 30 seconds, and parallel ones together", async () => {
    let reads = 0;
    const list = () => {
      reads += 1;
      return issuer.store.keys.list();
    };
    const counted = { ...issuer.store, keys: { ...issuer.store.keys, list } };
    const keys = await openOver(counted);
    await Promise.all(Array.from({ length: 100 }, (_, index) => keys.find(`unknown-${index}`)));
    for (let index = 0; index < 100; index += 1) expect(await keys.find(`other-${index}`)).toBeUndefined();
    expect(reads).toBe(1);
    issuer.world.advance(30_000);
    await keys.find("unknown");
    expect(reads).toBe(2);
  });

  test.each(["__proto__", "constructor", "../../etc/passwd", "' or 1=1 --", ""])(
    "corpus 8: %j is no key",
    async (kid) => {
      expect(await issuer.services.keys.find(kid)).toBeUndefined();
      expect(issuer.services.keys.has(kid)).toBe(false);
    },
  );

  test("a token that this issuer never signed is refused", async () => {
    const ann = await issuer.person("ann");
    const other = await openTestIssuer();
    const { claims } = await issuer.verifier.verify(ann.accessToken, issuer.services.issuer);
    const forged = await issueAccessToken(claims, await other.services.keys.current());
    expect(await reasonOf(issuer.judge(forged))).toBe("unknown_key");
    const borrowed = {
      ...(await other.services.keys.current()),
      kid: (await issuer.services.keys.current()).kid,
    };
    expect(await reasonOf(issuer.judge(await issueAccessToken(claims, borrowed)))).toBe("token_invalid");
    await other.close();
  });
});

async function openOver(store: TestIssuer["store"]) {
  const master = await importMasterKey(MASTER_KEY);
  const clock = { now: () => issuer.world.now(), measure: async () => {} };
  const facts = { listen: () => () => undefined };
  const audit = createAudit({ store, world: issuer.world });
  return await openKeys({ store, world: issuer.world, audit, facts, clock, masterKeys: [master] });
}
