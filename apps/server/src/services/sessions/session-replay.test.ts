import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, type Person, SOMEBODY, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
let ann: Person;
/** Refresh tokens of ann's session, by generation. */
let tokens: string[];

beforeEach(async () => {
  issuer = await openTestIssuer();
  ann = await issuer.person("ann");
  tokens = [ann.refreshToken];
});
afterEach(() => issuer.close());

const refresh = (refreshToken: string, client = "cli") =>
  issuer.services.sessions.refresh({ client, refreshToken }, SOMEBODY);
const refusal = (refreshToken: string, client?: string) => reasonOf(refresh(refreshToken, client));
const row = async () => await issuer.store.sessions.byId(ann.reply.session);
const audited = (event: string) => issuer.store.audit.list({ limit: 100, event });

function attemptKeys(): string[] {
  if (!("sqlite" in issuer.options.database)) throw new Error("not a file");
  const file = new DatabaseSync(issuer.options.database.sqlite);
  const keys = file.prepare("select key from attempts").all();
  file.close();
  return keys.map(({ key }) => String(key));
}

/** Refreshes until the session is at this generation, a minute apart. */
async function reach(generation: number): Promise<void> {
  while (tokens.length <= generation) {
    issuer.world.advance(60_000);
    tokens.push((await refresh(tokens.at(-1) ?? "")).refresh_token ?? "");
  }
}
const at = (generation: number) => tokens[generation] ?? "";

describe("server case 3: replay", () => {
  test("of token n−2 ends the session, its access tokens too, with one audit record", async () => {
    await reach(2);
    const { accessToken } = ann;
    expect(await refusal(at(0))).toBe("invalid_grant");
    expect(await row()).toMatchObject({ endCause: "reuse" });
    expect(await reasonOf(issuer.judge(accessToken))).toBe("session_ended");
    expect(await refusal(at(2))).toBe("invalid_grant");
    expect(await refusal(at(0))).toBe("invalid_grant");
    const records = await audited("session.reuse");
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      outcome: "refused",
      subject: ann.id,
      session: ann.reply.session,
      address: SOMEBODY.address,
      detail: { client: "cli", generation: 2, presented: 0 },
    });
  });

  test("of token n−2 ends that session and no other", async () => {
    const phone = await issuer.signIn(ann.email);
    await reach(2);
    await refusal(at(0));
    await expect(refresh(phone.refreshToken)).resolves.toBeDefined();
  });

  test("of n−2 in parallel ends it once", async () => {
    await reach(2);
    const reasons = await Promise.all(Array.from({ length: 20 }, () => refusal(at(0))));
    expect(new Set(reasons)).toEqual(new Set(["invalid_grant"]));
    expect(await audited("session.reuse")).toHaveLength(1);
    expect(await issuer.store.revocations.since(0)).toHaveLength(1);
  });

  test("of n−1 within 10 s of its use answers the same successor and marks nothing", async () => {
    await reach(1);
    issuer.world.advance(9_999);
    expect((await refresh(at(0))).refresh_token).toBe(at(1));
    expect(await row()).toMatchObject({ gen: 1, late: false, streak: 0 });
  });

  test("of n within 10 s of its making answers itself, and its time does not slide", async () => {
    await reach(1);
    issuer.world.advance(9_999);
    expect((await refresh(at(1))).refresh_token).toBe(at(1));
    issuer.world.advance(1);
    expect((await refresh(at(1))).refresh_token).not.toBe(at(1));
    expect(await row()).toMatchObject({ gen: 2, late: false, streak: 0 });
  });

  test("the grace does not slide: it is counted from the rotation and not from the repetition", async () => {
    await reach(1);
    issuer.world.advance(6_000);
    await refresh(at(0));
    issuer.world.advance(6_000);
    await refresh(at(0));
    expect(await row()).toMatchObject({ late: true, streak: 1 });
  });

  test("of n−1 after the grace answers the same successor once more, and marks the generation", async () => {
    await reach(1);
    issuer.world.advance(10_000);
    expect((await refresh(at(0))).refresh_token).toBe(at(1));
    expect((await refresh(at(0))).refresh_token).toBe(at(1));
    expect(await row()).toMatchObject({ gen: 1, late: true, streak: 1 });
  });

  test("of n−1 after the grace, three generations in a row, ends the session as reuse", async () => {
    for (const generation of [1, 2]) {
      await reach(generation);
      issuer.world.advance(10_000);
      await refresh(at(generation - 1));
    }
    await reach(3);
    issuer.world.advance(10_000);
    expect(await refusal(at(2))).toBe("invalid_grant");
    expect(await row()).toMatchObject({ endCause: "reuse" });
    expect(await audited("session.reuse")).toHaveLength(1);
  });

  test("of n−1 after n was used is a token n−2", async () => {
    await reach(1);
    issuer.world.advance(10_000);
    await refresh(at(1));
    expect(await refusal(at(0))).toBe("invalid_grant");
    expect(await row()).toMatchObject({ endCause: "reuse" });
  });

  test("of an expired token is refused and changes nothing", async () => {
    await reach(1);
    const before = await row();
    issuer.world.advance(14 * 86_400_000);
    expect(await refusal(at(1))).toBe("invalid_grant");
    expect(await row()).toEqual(before);
  });

  test("of another client is refused and changes nothing, whatever its generation", async () => {
    await reach(2);
    const before = await row();
    for (const generation of [0, 1, 2]) expect(await refusal(at(generation), "console")).toBe("invalid_grant");
    expect(await row()).toEqual(before);
    const [record] = await audited("session.refresh_refused");
    expect(record).toMatchObject({ session: ann.reply.session, subject: ann.id, detail: { cause: "wrong_client" } });
  });

  test("with a counter ahead of the database, as after a restored backup, ends the session and says so", async () => {
    const backup = join(mkdtempSync(join(tmpdir(), "countersign-")), "backup.db");
    if (!("sqlite" in issuer.options.database)) throw new Error("not a file");
    const file = new DatabaseSync(issuer.options.database.sqlite);
    file.exec(`vacuum into '${backup}'`);
    file.close();
    await reach(2);
    const restored = await openTestIssuer({ database: { sqlite: backup }, world: issuer.world });
    const late = restored.services.sessions.refresh({ client: "cli", refreshToken: at(2) }, SOMEBODY);
    expect(await reasonOf(late)).toBe("invalid_grant");
    expect(await restored.store.sessions.byId(ann.reply.session)).toMatchObject({ gen: 0, endCause: "refresh_ahead" });
    expect(await restored.store.audit.list({ limit: 10, event: "session.refresh_ahead" })).toHaveLength(1);
    // It has never heard of this token, but of its session, which it ended with all that is out there.
    expect(await reasonOf(restored.judge(ann.accessToken))).toBe("session_ended");
    await restored.close();
  });

  test("corpus 22: a thief who leads is found when the owner, who follows, has gone on once more", async () => {
    const stolen = at(0);
    const thief = await refresh(stolen);
    // The owner's copy still answers, with what the thief was given: it might have been a lost reply.
    expect((await refresh(stolen)).refresh_token).toBe(thief.refresh_token);
    issuer.world.advance(200_000);
    const owner = await refresh(thief.refresh_token ?? "");
    issuer.world.advance(200_000);
    await refresh(owner.refresh_token ?? "");
    expect(await refusal(thief.refresh_token ?? "")).toBe("invalid_grant");
    expect(await refusal(owner.refresh_token ?? "")).toBe("invalid_grant");
    expect(await row()).toMatchObject({ endCause: "reuse" });
    expect(await audited("session.reuse")).toHaveLength(1);
  });

  test("corpus 22: a thief who follows late is given the successor, and both are out in the third round", async () => {
    let [token, rounds] = [at(0), 0];
    let stolen: string | undefined;
    for (; rounds < 5; rounds += 1) {
      const next = (await refresh(token)).refresh_token ?? "";
      issuer.world.advance(60_000);
      stolen = await refresh(token).then(
        (reply) => reply.refresh_token,
        () => undefined,
      );
      if (stolen === undefined) break;
      expect(stolen).toBe(next);
      token = next;
    }
    expect(rounds).toBe(2);
    expect(await row()).toMatchObject({ endCause: "reuse" });
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("session_ended");
  });

  const garbage: Readonly<Record<string, (token: string) => string>> = {
    empty: () => "",
    "cut short": (token) => token.slice(0, -1),
    "with another generation": (token) => token.replace(/\.\d+\./, ".1."),
    "with another secret's version": (token) => token.replace(/\.(\d+)\.1\./, ".$1.2."),
    "with another code": (token) => token.replace(/[^.]+$/, randomBytes(32).toString("base64url")),
    "of a session that never was": (token) => token.replace(/csr_[^.]+/, `csr_${"A".repeat(22)}`),
    "an access token": () => ann.accessToken,
    "with a generation beyond all numbers": (token) => token.replace(/\.\d+\./, `.${"9".repeat(400)}.`),
    "a megabyte": (token) => token.repeat(10_000),
    "in two lines": (token) => `${token}\n`,
  };
  test.each(Object.keys(garbage))("malformed or not authentic, %s: refused, audited, nothing changed", async (kind) => {
    const before = await row();
    expect(await refusal(garbage[kind]?.(at(0)) ?? "")).toBe("invalid_grant");
    expect(await row()).toEqual(before);
    expect(await audited("session.refresh_refused")).toHaveLength(1);
    await expect(refresh(at(0))).resolves.toBeDefined();
  });

  test("a flood of garbage from one address fills the audit with 30 records a minute and no more", async () => {
    for (let attempt = 0; attempt < 40; attempt += 1) expect(await refusal("csr_garbage")).toBe("invalid_grant");
    expect(await audited("session.refresh_refused")).toHaveLength(30);
    issuer.world.advance(60_000);
    await refusal("csr_garbage");
    expect(await audited("session.refresh_refused")).toHaveLength(31);
  });

  test("what is no token costs the database nothing once the minute's records are written", async () => {
    const { sessions } = issuer.services;
    const start = (handoff: string) => reasonOf(sessions.start({ ...TERMINAL, handoff }, SOMEBODY));
    for (let attempt = 0; attempt < 40; attempt += 1) {
      expect(await start(attempt % 2 ? "garbage" : `${"A".repeat(43)}.1`)).toBe("invalid_grant");
      expect(await refusal(attempt % 2 ? "garbage" : at(0).replace(/[^.]+$/, "A".repeat(43)))).toBe("invalid_grant");
    }
    const records = [...(await audited("session.start_refused")), ...(await audited("session.refresh_refused"))];
    expect(records).toHaveLength(30);
    expect(attemptKeys().filter((key) => key.startsWith("refused-token"))).toEqual([]);
    await issuer.store.close();
    expect(await start("garbage")).toBe("invalid_grant");
    expect(await refusal("csr_garbage")).toBe("invalid_grant");
    await sessions.end({ client: "cli", refreshToken: "csr_garbage" }, SOMEBODY);
    expect(await start(`${"A".repeat(43)}.1`)).toBe("unavailable");
  });

  test("ASVS 16.3.3: a refused handoff of another address is still written down in a flood", async () => {
    const start = (address: string) =>
      reasonOf(issuer.services.sessions.start({ ...TERMINAL, handoff: "x" }, { ...SOMEBODY, address }));
    for (let attempt = 0; attempt < 40; attempt += 1) await start("192.0.2.66");
    expect(await start("192.0.2.7")).toBe("invalid_grant");
    const records = await audited("session.start_refused");
    expect(records).toHaveLength(31);
    const elsewhere = records.filter(({ address }) => address === "192.0.2.7");
    expect(elsewhere).toMatchObject([{ detail: { cause: "handoff: malformed" } }]);
  });

  test("ASVS 16.3.3: theft is written down in a flood from the same address", async () => {
    await reach(2);
    for (let attempt = 0; attempt < 40; attempt += 1) await refusal("csr_garbage");
    expect(await refusal(at(0))).toBe("invalid_grant");
    expect(await audited("session.reuse")).toHaveLength(1);
  });

  test("a flood of refreshes from one address is told to come back, and an honest one elsewhere goes through", async () => {
    const flood = Array.from({ length: 300 }, () => refusal(at(0).replace(/[^.]+$/, "A".repeat(43))));
    const elsewhere = { ...SOMEBODY, address: "192.0.2.7" };
    const honest = issuer.services.sessions.refresh({ client: "cli", refreshToken: at(0) }, elsewhere);
    const reasons = await Promise.all(flood);
    expect(reasons.filter((reason) => reason === "busy")).toHaveLength(300 - 116);
    expect(reasons.filter((reason) => reason === "invalid_grant")).toHaveLength(116);
    await expect(honest).resolves.toBeDefined();
    expect(await refusal("")).toBe("invalid_grant");
  });

  test("a flood of sign-ins, starts and ends fills other queues: a refresh goes through, from the same address too", async () => {
    const { sessions, signIn } = issuer.services;
    const credentials = { email: ann.email, password: "wrong" };
    const flood = Array.from({ length: 200 }, (_, index) => [
      reasonOf(signIn.run("password", credentials, TERMINAL, SOMEBODY)),
      reasonOf(sessions.start({ ...TERMINAL, handoff: `${"A".repeat(43)}.${index}` }, SOMEBODY)),
      reasonOf(sessions.end({ client: "console", refreshToken: at(0) }, SOMEBODY)),
    ]);
    await expect(refresh(at(0))).resolves.toBeDefined();
    expect(await Promise.all(flood.flat())).toContain("busy");
  });

  test("corpus 23: an end that races with rotations leaves no living child", async () => {
    const race = await Promise.all([
      ...Array.from({ length: 10 }, () => reasonOf(refresh(at(0)))),
      issuer.services.sessions.end({ client: "cli", refreshToken: at(0) }, SOMEBODY),
    ]);
    expect(race.length).toBe(11);
    const session = await row();
    expect(session?.endedAt).not.toBeNull();
    expect(await refusal(at(0))).toBe("invalid_grant");
  });
});
