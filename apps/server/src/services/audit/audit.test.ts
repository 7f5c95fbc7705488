import { afterEach, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, PASSWORD, type Person, SOMEBODY, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";

let issuer: TestIssuer;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer({ limits: { accountFromAddress: { most: 2, windowMs: 60_000 } } });
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const signIn = (email: string, password: string) =>
  reasonOf(issuer.services.signIn.run("password", { email, password }, TERMINAL, SOMEBODY));

test("ASVS 16.3.1: every way in and out is written down, whether it went well or not", async () => {
  const { sessions, signUps, setUp, accounts } = issuer.services;
  const newcomer = { email: "bob@example.com", name: "Bob", password: PASSWORD };
  await issuer.administrator();
  await reasonOf(setUp.redeem({ ...newcomer, secret: "A".repeat(43) }, TERMINAL, SOMEBODY));
  await reasonOf(signUps.signUp({ ...newcomer, invitation: "A".repeat(43) }, TERMINAL, SOMEBODY));
  await signIn("nobody@example.com", PASSWORD);
  await signIn(ann.email, PASSWORD);
  await signIn(ann.email, "wrong");
  await signIn(ann.email, "wrong");
  await signIn(ann.email, "wrong");
  await issuer.advance(60_000);
  await reasonOf(accounts.changePassword({ current: "wrong", next: PASSWORD }, ann.actor));
  await accounts.changePassword({ current: PASSWORD, next: `${PASSWORD} indeed` }, ann.actor);
  await reasonOf(sessions.start({ ...TERMINAL, handoff: "x" }, SOMEBODY));
  await reasonOf(sessions.refresh({ client: "cli", refreshToken: "x" }, SOMEBODY));
  await reasonOf(sessions.end({ client: "console", refreshToken: ann.refreshToken }, SOMEBODY));
  await sessions.end({ client: "cli", refreshToken: ann.refreshToken }, SOMEBODY);

  const entries = (await issuer.services.audit.list({ limit: 100 })).filter(({ event }) =>
    /^(set|sign|sess|acco)/.test(event),
  );
  const anonymous = entries.filter(({ address }) => address === null).map(({ event }) => event);
  expect(anonymous).toEqual(["set_up.link_made"]);
  expect(entries.map(({ event }) => event).sort()).toEqual([
    "account.password_changed",
    "account.password_refused",
    "session.end_refused",
    "session.ended",
    "session.refresh_refused",
    "session.start_refused",
    "session.started",
    "session.started",
    "set_up.link_made",
    "set_up.redeemed",
    "set_up.refused",
    "sign_in.limited",
    "sign_in.refused",
    "sign_in.refused",
    "sign_in.refused",
    "sign_in.succeeded",
    "sign_up.accepted",
    "sign_up.refused",
  ]);
});
