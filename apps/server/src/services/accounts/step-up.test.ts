import { isAccountClaims } from "@countersign/tokens";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { ISSUER, openTestIssuer, PASSWORD, type Person, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const stepUp = (password = PASSWORD, by = ann) => issuer.services.accounts.stepUp(password, by.actor);
const refresh = (refreshToken = "") => issuer.services.sessions.refresh({ client: "cli", refreshToken }, SOMEBODY);
const claimsOf = async (token = "") => {
  const { claims } = await issuer.verifier.verify(token, ISSUER);
  if (!isAccountClaims(claims)) throw new Error("not an account's token");
  return claims;
};

test("RFC 9470 5: keeps the session, and its next token says when the password was proved again", async () => {
  issuer.world.advance(3_600_000);
  await stepUp();
  const { tokens, session } = await refresh(ann.refreshToken);
  const now = issuer.world.now() / 1000;
  expect(session).toBe(ann.reply.session);
  expect(await claimsOf(tokens[0]?.access_token)).toMatchObject({
    sid: session,
    auth_time: now,
    amr: ["pwd"],
    acr: "1fa",
    sv: 2,
  });
  const [written] = await issuer.store.audit.list({ limit: 1, event: "session.stepped_up" });
  expect(written).toMatchObject({ actor: ann.id, session, outcome: "success" });
});

test("tokens of before are too old at once, and those of other sessions go on as they were", async () => {
  const phone = await issuer.signIn(ann.email);
  const { tokens } = await refresh(ann.refreshToken);
  const old = tokens[0]?.access_token ?? "";
  await stepUp();
  expect(await reasonOf(issuer.judge(old))).toBe("token_stale");
  await issuer.judge(phone.reply.tokens[0]?.access_token ?? "");
  expect(await issuer.store.sessions.byId(phone.reply.session)).toMatchObject({ version: 1 });
});

test("takes the right password: a wrong one is written down, counted, and changes nothing", async () => {
  const { auth_time } = await claimsOf((await refresh(ann.refreshToken)).tokens[0]?.access_token);
  expect(await reasonOf(stepUp("seven pears in winter"))).toBe("wrong_credentials");
  expect(await issuer.store.audit.list({ limit: 5, event: "account.password_refused" })).toHaveLength(1);
  expect(await issuer.store.sessions.byId(ann.reply.session)).toMatchObject({ authTime: auth_time * 1000, version: 1 });
  let reason: unknown;
  for (let attempt = 0; attempt < 50 && reason !== "rate_limited"; attempt += 1) {
    reason = await reasonOf(stepUp("seven pears in winter"));
  }
  expect(reason).toBe("rate_limited");
});

test("steps up nobody else's session, and none that has ended", async () => {
  const bob = await issuer.person("bob");
  const his = { ...bob, actor: { ...bob.actor, session: ann.reply.session } };
  expect(await reasonOf(stepUp(PASSWORD, his))).toBe("session_ended");
  expect(await issuer.store.sessions.byId(ann.reply.session)).toMatchObject({ version: 1 });
  await issuer.services.sessions.end({ client: "cli", refreshToken: ann.refreshToken }, SOMEBODY);
  expect(await reasonOf(stepUp())).toBe("session_ended");
});
