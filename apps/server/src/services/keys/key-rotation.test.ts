import { PREVIOUS_MS, PUBLISHED_MS, SIGNING_MS } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, type Person, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
let admin: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  admin = await issuer.administrator();
});
afterEach(() => issuer.close());

const rotation = () => issuer.services.keyRotation;
const shown = (of = issuer) => of.services.keys.ring().map(({ kid, status }) => `${status} ${kid}`);
const having = (status: string, of = issuer) =>
  of.services.keys.ring().flatMap((key) => (key.status === status ? [key.kid] : []));
const signerOf = async (token: string) => (await issuer.verifier.verify(token, issuer.services.issuer)).kid;
const refreshed = async ({ refreshToken }: Person, of = issuer) => {
  const reply = await of.services.sessions.refresh({ ...TERMINAL, refreshToken }, { address: null, userAgent: null });
  return reply.tokens[0]?.access_token ?? "";
};
const recorded = async (kind = "key") =>
  (await issuer.services.audit.list({ limit: 100, event: kind })).map(({ event, actor, subject }) => ({
    event,
    actor,
    subject,
  }));

describe("by itself", () => {
  test("corpus 80: a successor that was published before it signs takes over after 30 days, and no token dies by it", async () => {
    const [former] = having("current");
    const heirs = having("next");
    await issuer.advance(SIGNING_MS - 1);
    await rotation().advance();
    expect(having("current")).toEqual([former]);
    const before = await issuer.signIn(admin.email);
    await issuer.advance(1);
    await rotation().advance();
    expect(heirs).toContain(having("current")[0]);
    expect(having("previous")).toEqual([former]);
    expect(having("next")).toHaveLength(2);
    await issuer.judge(before.accessToken);
    const after = await issuer.signIn(admin.email);
    expect(await signerOf(after.accessToken)).toBe(having("current")[0]);
  });

  test("ASVS 13.3.4: the former key leaves the key set, and the database, when no token of it can be alive", async () => {
    const [former] = having("current");
    await issuer.advance(SIGNING_MS);
    await rotation().advance();
    await issuer.advance(PREVIOUS_MS);
    await rotation().advance();
    expect(JSON.stringify(issuer.services.keys.jwks())).not.toContain(former);
    expect((await issuer.store.keys.list()).map(({ kid }) => kid)).not.toContain(former);
  });

  test("server case 6: however many instances look at the same moment, one key follows, and all agree on it", async () => {
    const others = await Promise.all([1, 2, 3].map(() => openTestIssuer(issuer.options)));
    const all = [issuer, ...others];
    await issuer.advance(SIGNING_MS);
    await Promise.all(all.map(({ services }) => services.keyRotation.advance()));
    await Promise.all(all.map(({ services }) => services.keys.reload()));
    for (const one of all) expect(shown(one)).toEqual(shown());
    expect(having("current")).toHaveLength(1);
    expect(having("next")).toHaveLength(2);
    expect((await recorded("key.activated")).length).toBe(2);
    await Promise.all(others.map((one) => one.close()));
  });

  test("each step is in the audit, and nobody is its actor", async () => {
    const [first] = having("current");
    const begun = await recorded();
    expect(begun.map(({ event }) => event).sort()).toEqual([
      "key.activated",
      "key.published",
      "key.published",
      "key.published",
    ]);
    await issuer.advance(SIGNING_MS);
    await rotation().advance();
    await issuer.advance(PREVIOUS_MS);
    await rotation().advance();
    const all = await recorded();
    expect(all).toHaveLength(begun.length + 3);
    expect(all).toContainEqual({ event: "key.activated", actor: null, subject: having("current")[0] });
    expect(all).toContainEqual({ event: "key.removed", actor: null, subject: first });
  });
});

describe("by hand", () => {
  test("rotating has the oldest successor sign, and its tokens live beside those of the former", async () => {
    await issuer.advance(PUBLISHED_MS);
    const before = await issuer.signIn(admin.email);
    const { current, retired } = await rotation().rotate(admin.actor);
    expect(retired).toBe(await signerOf(before.accessToken));
    expect(having("current")).toEqual([current]);
    const after = await issuer.signIn(admin.email);
    expect(await signerOf(after.accessToken)).toBe(current);
    await issuer.judge(before.accessToken);
    await issuer.judge(after.accessToken);
    expect(await recorded("key.activated")).toContainEqual({
      event: "key.activated",
      actor: admin.id,
      subject: current,
    });
  });

  test("corpus 80: rotating is refused while no successor has been published for an hour, and says how long that will be", async () => {
    await issuer.advance(PUBLISHED_MS - 1500);
    const before = shown();
    await expect(rotation().rotate(admin.actor)).rejects.toMatchObject({ reason: "conflict", retryAfter: 2 });
    expect(shown()).toEqual(before);
    await issuer.advance(1500);
    await rotation().rotate(admin.actor);
    await rotation().rotate(admin.actor);
    await expect(rotation().rotate(admin.actor)).rejects.toMatchObject({ reason: "conflict", retryAfter: 3600 });
  });

  test("revoking the key that signs refuses its tokens at once, and a refresh brings one of the successor", async () => {
    const ann = await issuer.person("ann");
    const token = await issuer.verifier.verify(ann.accessToken, issuer.services.issuer);
    const signs = token.kid;
    const heirs = having("next");
    await rotation().revoke(signs, admin.actor);
    expect(await reasonOf((async () => issuer.verifier.judge(token))())).toBe("token_stale");
    // One that was not seen before is by a key that nobody knows any more. A client does the same about both.
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("unknown_key");
    expect(JSON.stringify(issuer.services.keys.jwks())).not.toContain(signs);
    const fresh = await refreshed(ann);
    expect(heirs).toContain(await signerOf(fresh));
    await issuer.judge(fresh);
    expect(having("next")).toHaveLength(2);
    expect(await recorded("key.revoked")).toEqual([{ event: "key.revoked", actor: admin.id, subject: signs }]);
  });

  test("a key revoked elsewhere signs nothing more here, from the commit on", async () => {
    const other = await openTestIssuer(issuer.options);
    const ann = await issuer.person("ann");
    const signs = await signerOf(ann.accessToken);
    await other.services.keyRotation.revoke(signs, admin.actor);
    const fresh = await refreshed(ann);
    await issuer.services.keys.reload();
    expect(await signerOf(fresh)).not.toBe(signs);
    await other.judge(fresh);
    await other.close();
  });

  test("revoking a successor or a former key leaves the one that signs where it is", async () => {
    await issuer.advance(PUBLISHED_MS);
    const { current, retired } = await rotation().rotate(admin.actor);
    for (const kid of [retired, having("next")[0] ?? ""]) {
      await rotation().revoke(kid, admin.actor);
      expect(having("current")).toEqual([current]);
      expect(having("next")).toHaveLength(2);
      expect(issuer.services.keys.has(kid)).toBe(false);
    }
  });

  test("revoking a key that is not in the ring is refused", async () => {
    const [signs = ""] = having("current");
    await rotation().revoke(signs, admin.actor);
    for (const kid of [signs, "unknown", ""])
      expect(await reasonOf(rotation().revoke(kid, admin.actor))).toBe("not_found");
  });
});

describe("ASVS 11.2.2: another algorithm", () => {
  test("is published when an instance starts with it, signs an hour later, and no token dies by it", async () => {
    const ann = await issuer.person("ann");
    const other = await openTestIssuer({ ...issuer.options, algorithm: "ES256" });
    expect(algorithms(other)).toEqual({ current: ["EdDSA"], next: ["ES256", "ES256", "EdDSA", "EdDSA"] });
    await issuer.services.keyRotation.advance();
    expect(algorithms(issuer)).toEqual(algorithms(other));
    await issuer.advance(PUBLISHED_MS);
    const before = await issuer.signIn(ann.email);
    await issuer.services.keyRotation.advance();
    expect(algorithms(issuer).current).toEqual(["ES256"]);
    const after = await issuer.signIn(ann.email);
    for (const { accessToken } of [before, after]) await issuer.judge(accessToken);
    expect(JSON.parse(atob(after.accessToken.split(".")[0] ?? ""))).toMatchObject({ alg: "ES256" });
    await other.close();
  });

  test("stays, also for an instance that says none; and goes back in the same way", async () => {
    await (await openTestIssuer({ ...issuer.options, algorithm: "ES256" })).close();
    await issuer.advance(PUBLISHED_MS);
    await (await openTestIssuer(issuer.options)).close();
    await issuer.advance(PUBLISHED_MS);
    await rotation().advance();
    expect(algorithms(issuer)).toEqual({ current: ["ES256"], next: ["ES256", "ES256"] });
    await (await openTestIssuer({ ...issuer.options, algorithm: "EdDSA" })).close();
    await issuer.advance(PUBLISHED_MS);
    await rotation().advance();
    expect(algorithms(issuer).current).toEqual(["EdDSA"]);
    expect(await recorded("key.algorithm_set")).toHaveLength(2);
  });

  test("of a new installation is its first key's", async () => {
    const fresh = await openTestIssuer({ algorithm: "ES256" });
    expect(algorithms(fresh)).toEqual({ current: ["ES256"], next: ["ES256", "ES256"] });
    await fresh.judge((await fresh.person("ann")).accessToken);
    await fresh.close();
  });
});

function algorithms(of: TestIssuer) {
  const those = (status: string) => of.services.keys.ring().flatMap((key) => (key.status === status ? [key.alg] : []));
  return { current: those("current"), next: those("next").toSorted() };
}
