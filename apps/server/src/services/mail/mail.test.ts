import { afterEach, describe, expect, test, vi } from "vitest";
import type { IssuerOptions } from "../../issuer-options.ts";
import { post } from "../testing/post-method.ts";
import { reasonOf } from "../testing/reason-of.ts";
import {
  ISSUER,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "../testing/test-issuer.ts";
import type { MailMessage } from "./message.ts";

const DAY_MS = 86_400_000;

let issuer: TestIssuer;
let sent: MailMessage[];
let admin: Person;
const open = async (given: Partial<IssuerOptions> = {}) => {
  sent = [];
  issuer = await openTestIssuer({ mail: { send: async (message) => void sent.push(message) }, ...given });
  admin = await issuer.administrator();
};
afterEach(() => issuer.close());

const invite = (email: string) => issuer.services.invitations.create({ email, roles: [] }, admin.actor);
const signUp = (email: string, more: object = {}) =>
  issuer.services.signUps.signUp(
    { email, name: "Ann http://evil.example", password: PASSWORD, ...more },
    TERMINAL,
    SOMEBODY,
  );
/** The background sends each second. */
const mailed = (count: number) => vi.waitFor(() => expect(sent).toHaveLength(count), { timeout: 5000 });
const waiting = () => issuer.store.mails.due(Number.MAX_SAFE_INTEGER, 100);

describe("an invitation", () => {
  test("goes by mail and no other way, and its link lets in", async () => {
    await open({ signUp: "invite" });
    expect(await invite("ann@example.com")).toEqual({ id: expect.any(String), expiresAt: expect.any(Number) });
    await mailed(1);
    const [mail] = sent;
    if (mail?.kind !== "invitation") throw new Error("no invitation");
    expect(mail.to).toBe("ann@example.com");
    expect(mail.text).toContain(mail.facts.link);
    await signUp("ann@example.com", { invitation: mail.facts.link.split("#")[1] });
    expect(await waiting()).toEqual([]);
  });

  test("that is not made is not mailed", async () => {
    await open();
    expect(await reasonOf(invite(admin.email))).toBe("conflict");
    expect(await waiting()).toEqual([]);
  });
});

describe("the owner of an account", () => {
  test("ASVS 6.3.7: hears by mail that the password was changed, when and from where", async () => {
    await open();
    const change = { current: PASSWORD, next: "quite another passphrase" };
    await issuer.services.accounts.changePassword(change, admin.actor);
    await mailed(1);
    expect(sent).toMatchObject([
      {
        kind: "password_changed",
        to: admin.email,
        facts: { at: issuer.world.now(), address: SOMEBODY.address },
        text: expect.stringContaining("was changed on 2030-01-01 12:00 UTC from 192.0.2.1."),
      },
    ]);
    expect(sent[0]?.text).not.toContain(change.next);
  });

  test("ASVS 6.3.7: hears that somebody was the first to prove its address, once", async () => {
    await open({ signIn: [post] });
    const { email } = await issuer.person("ann");
    for (let time = 0; time < 2; time += 1) await issuer.services.signIn.run("post", email, TERMINAL, SOMEBODY);
    await mailed(1);
    const facts = { at: issuer.world.now(), address: SOMEBODY.address };
    expect(sent).toMatchObject([
      { kind: "address_proved", to: email, facts, text: expect.stringContaining("is gone") },
    ]);
    expect(await waiting()).toEqual([]);
  });

  test("hears of no change that failed", async () => {
    await open();
    const { accounts } = issuer.services;
    expect(await reasonOf(accounts.changePassword({ current: "wrong", next: "x" }, admin.actor))).toBe(
      "wrong_credentials",
    );
    expect(await waiting()).toEqual([]);
  });

  test("hears once a day that somebody tried to sign up with the address, in no words of theirs", async () => {
    await open();
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await reasonOf(signUp(" Admin@Example.com"))).toBe("conflict");
    await mailed(1);
    expect(sent).toMatchObject([{ kind: "sign_up_attempt", to: admin.email }]);
    expect(JSON.stringify(sent)).not.toContain("evil.example");
    issuer.world.advance(DAY_MS);
    expect(await reasonOf(signUp(admin.email))).toBe("conflict");
    await mailed(2);
  });

  test("hears nothing of a sign-up that was refused before anybody looked, or that succeeded", async () => {
    await open({ signUp: "invite" });
    expect(await reasonOf(signUp(admin.email))).toBe("sign_up_closed");
    expect(await reasonOf(signUp(admin.email, { invitation: "A".repeat(43) }))).toBe("invalid_code");
    expect(await waiting()).toEqual([]);
  });
});

test("an installation without mail writes none, and shows the link of an invitation", async () => {
  await open({ mail: undefined });
  expect(await invite("ann@example.com")).toMatchObject({ link: expect.stringContaining(`${ISSUER}/sign-up#`) });
  await issuer.services.accounts.changePassword({ current: PASSWORD, next: "quite another passphrase" }, admin.actor);
  expect(await reasonOf(signUp(admin.email))).toBe("conflict");
  expect(await waiting()).toEqual([]);
});
