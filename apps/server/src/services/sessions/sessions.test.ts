import { readFileSync } from "node:fs";
import { isAccountClaims } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, NOTES, openTestIssuer, SOMEBODY, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer();
});
afterEach(() => issuer.close());

const claimsOf = async (token: string | undefined, audience = ISSUER) => {
  const { claims } = await issuer.verifier.verify(token ?? "", audience);
  if (!isAccountClaims(claims)) throw new Error("not an account's token");
  return claims;
};
const refresh = (refreshToken: string | undefined, audiences?: string[]) =>
  issuer.services.sessions.refresh({ client: "cli", refreshToken: refreshToken ?? "", audiences }, SOMEBODY);

describe("a session", () => {
  test("starts with an access token that says who, where, how and until when, and no more", async () => {
    const ann = await issuer.person("ann");
    const claims = await claimsOf(ann.accessToken);
    const now = issuer.world.now() / 1000;
    expect(claims).toEqual({
      iss: ISSUER,
      sub: ann.id,
      aud: ISSUER,
      iat: now,
      exp: now + 300,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      client_id: "cli",
      sid: ann.reply.session,
      scope: "",
      auth_time: now,
      amr: ["pwd"],
      acr: "1fa",
      av: 1,
      sv: 1,
    });
    expect(ann.reply).toMatchObject({ server_time: now, session_end: now + 90 * 86_400 });
    expect(ann.reply.tokens[0]).toMatchObject({ audience: ISSUER, token_type: "Bearer", expires_in: 300, scope: "" });
  });

  test("keeps the time of the sign-in however often it is refreshed (RFC 9068 §2.2.1)", async () => {
    const ann = await issuer.person("ann");
    const signedIn = issuer.world.now() / 1000;
    issuer.world.advance(3_600_000);
    const { refresh_token, tokens } = await refresh(ann.refreshToken);
    issuer.world.advance(3_600_000);
    const later = await refresh(refresh_token);
    expect((await claimsOf(later.tokens[0]?.access_token)).auth_time).toBe(signedIn);
    expect((await claimsOf(later.tokens[0]?.access_token)).iat).toBe(signedIn + 7200);
    expect(tokens).toHaveLength(1);
  });

  test("gives one token for each audience, each with what is granted and known there", async () => {
    const admin = await issuer.administrator();
    const ann = await issuer.person("ann");
    const permissions = [
      { audience: NOTES, permission: "notes:write" },
      { audience: ISSUER, permission: "users:read" },
    ];
    await issuer.services.roles.create({ name: "writer", description: "", permissions }, admin.actor);
    await issuer.services.roles.grant(ann.id, "writer", admin.actor);
    // What an audience no longer knows is in no scope, although a role still names it.
    await issuer.store.audiences.upsert({
      id: NOTES,
      permissions: ["notes:read", "notes:write"],
      procedures: null,
      boundTokens: false,
    });
    const both = await refresh(ann.refreshToken, [ISSUER, NOTES, NOTES]);
    expect(both.tokens.map(({ audience, scope }) => [audience, scope])).toEqual([
      [ISSUER, "users:read"],
      [NOTES, "notes:write"],
    ]);
    expect((await claimsOf(both.tokens[1]?.access_token, NOTES)).aud).toBe(NOTES);
    await issuer.store.audiences.upsert({
      id: NOTES,
      permissions: ["notes:read"],
      procedures: null,
      boundTokens: false,
    });
    expect((await refresh(both.refresh_token, [NOTES])).tokens[0]?.scope).toBe("");
  });

  test("corpus 25: an unregistered audience is refused, and neither handoff nor refresh token is spent", async () => {
    const ann = await issuer.person("ann");
    const elsewhere = ["https://elsewhere.example"];
    expect(await reasonOf(refresh(ann.refreshToken, elsewhere))).toBe("invalid_target");
    expect((await issuer.store.sessions.byId(ann.reply.session))?.gen).toBe(0);
    const credentials = { email: ann.email, password: "a long enough passphrase" };
    const { handoff } = await issuer.services.signIn.run("password", credentials, TERMINAL, SOMEBODY);
    const start = { ...TERMINAL, handoff };
    expect(await reasonOf(issuer.services.sessions.start({ ...start, audiences: elsewhere }, SOMEBODY))).toBe(
      "invalid_target",
    );
    await expect(issuer.services.sessions.start(start, SOMEBODY)).resolves.toMatchObject({ account: ann.id });
  });

  test("is for its client's audiences only: the first by default, no other, registered or not", async () => {
    const its = { mode: "cookie", origins: ["https://app.example"] } as const;
    const app = { id: "app", name: "App", ...its, audiences: [NOTES] };
    const house = await openTestIssuer({ clients: [app] });
    const { sessions, signUps } = house.services;
    const request = { client: "app", origin: "https://app.example" };
    const account = { email: "ann@example.com", name: "Ann", password: "a long enough passphrase" };
    const { handoff } = await signUps.signUp(account, request, SOMEBODY);
    for (const audiences of [[ISSUER], [NOTES, ISSUER], ["https://elsewhere.example"]]) {
      expect(await reasonOf(sessions.start({ ...request, handoff, audiences }, SOMEBODY))).toBe("invalid_target");
    }
    const reply = await sessions.start({ ...request, handoff }, SOMEBODY);
    expect(reply.tokens.map(({ audience }) => audience)).toEqual([NOTES]);
    const renewed = async (audiences?: string[]) =>
      (await sessions.refresh({ client: "app", refreshToken: reply.refresh_token ?? "", audiences }, SOMEBODY)).tokens;
    for (const audiences of [[ISSUER], ["https://elsewhere.example"]]) {
      expect(await reasonOf(renewed(audiences))).toBe("invalid_target");
    }
    expect((await renewed()).map(({ audience }) => audience)).toEqual([NOTES]);
    await house.close();
  });

  test("does not tell strangers which audiences there are", async () => {
    for (const audience of [NOTES, "https://elsewhere.example"]) {
      const start = { ...TERMINAL, handoff: `${"A".repeat(43)}.1`, audiences: [audience] };
      expect(await reasonOf(issuer.services.sessions.start(start, SOMEBODY))).toBe("invalid_grant");
    }
  });

  test("ASVS 7.1.1, 7.1.2: lives, idle and in all, as long as the page says, beside any number of others of its account", async () => {
    const page = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
    const documented = (name: string) => 1000 * Number(new RegExp(`\\| \`${name}\` *\\| \`(\\d+)\``).exec(page)?.[1]);
    const ann = await issuer.person("ann");
    const row = await issuer.store.sessions.byId(ann.reply.session);
    if (!row) throw new Error("no session");
    expect(row.idleEnd - row.createdAt).toBe(documented("COUNTERSIGN_SESSION_IDLE"));
    expect(row.absEnd - row.createdAt).toBe(documented("COUNTERSIGN_SESSION_LIFE"));
    for (let device = 0; device < 20; device += 1) await issuer.signIn(ann.email);
    expect(await issuer.services.sessions.list(ann.id)).toHaveLength(21);
    expect(page).toContain("An account has as many sessions as it signs in");
  });

  test("ASVS 7.3.1: ends when it was not refreshed for the idle time, each refresh moving that on", async () => {
    const ann = await issuer.person("ann");
    issuer.world.advance(13 * 86_400_000);
    const { refresh_token } = await refresh(ann.refreshToken);
    issuer.world.advance(13 * 86_400_000);
    const later = await refresh(refresh_token);
    issuer.world.advance(14 * 86_400_000);
    expect(await reasonOf(refresh(later.refresh_token))).toBe("invalid_grant");
  });

  test("ASVS 7.3.2: ends at its absolute end, which no refresh moves", async () => {
    const ann = await issuer.person("ann");
    let token: string | undefined = ann.refreshToken;
    for (let day = 0; day < 89; day += 10) {
      const reply = await refresh(token);
      expect(reply.session_end).toBe(ann.reply.session_end);
      token = reply.refresh_token;
      issuer.world.advance(10 * 86_400_000);
    }
    expect(await reasonOf(refresh(token))).toBe("invalid_grant");
  });

  test("server case 1: 100 parallel refreshes of one token make one generation and one answer", async () => {
    const ann = await issuer.person("ann");
    const replies = await Promise.all(Array.from({ length: 100 }, () => refresh(ann.refreshToken)));
    expect(new Set(replies.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    expect(await issuer.store.sessions.byId(ann.reply.session)).toMatchObject({ gen: 1, endedAt: null });
    await Promise.all(replies.map(({ tokens }) => issuer.judge(tokens[0]?.access_token ?? "")));
    await expect(refresh(replies[0]?.refresh_token)).resolves.toBeDefined();
  });

  test("ASVS 16.4.1: shows its owner what the device calls itself, without what could steer a terminal", async () => {
    const ann = await issuer.person("ann");
    const credentials = { email: ann.email, password: "a long enough passphrase" };
    const { handoff } = await issuer.services.signIn.run("password", credentials, TERMINAL, SOMEBODY);
    const device = { ...SOMEBODY, userAgent: `Evil\u001b[31m\r\nX: \u202e${"y".repeat(500)}` };
    const { session } = await issuer.services.sessions.start({ ...TERMINAL, handoff }, device);
    expect((await issuer.store.sessions.byId(session))?.userAgent).toMatch(/^Evil\[31mX: y{187,190}$/);
  });
});

test("ASVS 7.2.2: what a session is known by is made anew at each sign-in and each refresh, and is never a fixed key", async () => {
  const ann = await issuer.person("ann");
  const secrets = [];
  for (let signIn = 0; signIn < 3; signIn += 1) {
    const phone = await issuer.signIn(ann.email);
    const next = await issuer.services.sessions.refresh({ client: "cli", refreshToken: phone.refreshToken }, SOMEBODY);
    secrets.push(phone.reply.session, phone.refreshToken, phone.accessToken);
    secrets.push(next.refresh_token, next.tokens[0]?.access_token);
  }
  expect(new Set(secrets).size).toBe(15);
});

describe("ending a session", () => {
  test("kills its access token at once, and is no error when it is dead already", async () => {
    const ann = await issuer.person("ann");
    const end = () => issuer.services.sessions.end({ client: "cli", refreshToken: ann.refreshToken }, SOMEBODY);
    await end();
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("session_ended");
    expect(await reasonOf(refresh(ann.refreshToken))).toBe("invalid_grant");
    await end();
    await issuer.services.sessions.end({ client: "cli", refreshToken: "csr_nonsense" }, SOMEBODY);
    expect(await issuer.store.audit.list({ limit: 10, event: "session.ended" })).toHaveLength(1);
  });

  test("works with a token of any generation: signing out races with a refresh", async () => {
    const ann = await issuer.person("ann");
    await refresh((await refresh(ann.refreshToken)).refresh_token);
    await issuer.services.sessions.end({ client: "cli", refreshToken: ann.refreshToken }, SOMEBODY);
    expect((await issuer.store.sessions.byId(ann.reply.session))?.endCause).toBe("signed_out");
  });

  test("another client's token stays alive", async () => {
    const ann = await issuer.person("ann");
    const ended = issuer.services.sessions.end({ client: "console", refreshToken: ann.refreshToken }, SOMEBODY);
    expect(await reasonOf(ended)).toBe("invalid_grant");
    await expect(refresh(ann.refreshToken)).resolves.toBeDefined();
  });

  test("ASVS 7.5.2: people see and end their own sessions; another's is not found", async () => {
    const ann = await issuer.person("ann");
    const bob = await issuer.person("bob");
    const phone = await issuer.signIn(ann.email);
    const { sessions } = issuer.services;
    expect((await sessions.list(ann.id)).map(({ id }) => id).sort()).toEqual(
      [ann.reply.session, phone.reply.session].sort(),
    );
    expect(await reasonOf(sessions.endOwn(bob.reply.session, ann.actor))).toBe("not_found");
    await sessions.endOwn(phone.reply.session, ann.actor);
    expect(await reasonOf(sessions.endOwn(phone.reply.session, ann.actor))).toBe("not_found");
    expect(await reasonOf(issuer.judge(phone.accessToken))).toBe("session_ended");
    await issuer.judge(bob.accessToken);
    await issuer.judge(ann.accessToken);
  });

  test("ending the others leaves the one that asks", async () => {
    const ann = await issuer.person("ann");
    const others = [await issuer.signIn(ann.email), await issuer.signIn(ann.email)];
    expect(await issuer.services.sessions.endOthers(ann.actor)).toBe(2);
    for (const other of others) expect(await reasonOf(issuer.judge(other.accessToken))).toBe("session_ended");
    await issuer.judge(ann.accessToken);
    expect(await issuer.services.sessions.list(ann.id)).toHaveLength(1);
  });
});
