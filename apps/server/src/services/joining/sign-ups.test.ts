import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
import type { SignUpInput } from "./sign-ups.ts";

let issuer: TestIssuer;
let admin: Person;
beforeEach(async () => {
  issuer = await openTestIssuer({ signUp: "invite" });
  admin = await issuer.administrator();
});
afterEach(() => issuer.close());

const signUp = (input: Partial<SignUpInput>, on = issuer) =>
  on.services.signUps.signUp(
    { email: "ann@example.com", name: "Ann", password: PASSWORD, ...input },
    TERMINAL,
    SOMEBODY,
  );
const invite = (email: string, roles: string[] = []) =>
  issuer.services.invitations.create({ email, roles }, admin.actor);
const rolesOf = async (email: string) =>
  issuer.store.roles.ofAccount((await issuer.store.accounts.byEmail(email))?.id ?? "");

describe("signing up", () => {
  test("is for nobody where it is closed, invited or not", async () => {
    const closed = await openTestIssuer({ signUp: "closed" });
    expect(await reasonOf(signUp({}, closed))).toBe("sign_up_closed");
    expect(await reasonOf(signUp({ invitation: "A".repeat(43) }, closed))).toBe("sign_up_closed");
    await closed.close();
  });

  test("gives everybody the roles of whoever signs up, while they are there", async () => {
    const roles = { writer: { permissions: ["notes:write"] }, reader: { permissions: [] } };
    const open = await openTestIssuer({
      signUp: "open",
      permissions: ["notes:write"],
      roles,
      signUpRoles: ["writer", "reader"],
    });
    const rolesOf = async (email: string) => (await open.services.accounts.get({ email })).roles.toSorted();
    await signUp({ email: "first@example.com" }, open);
    expect(await rolesOf("first@example.com")).toEqual(["reader", "writer"]);
    await open.store.roles.remove("reader");
    await signUp({ email: "second@example.com" }, open);
    expect(await rolesOf("second@example.com")).toEqual(["writer"]);
    await open.close();
  });

  test("does not start with a role for everybody that is none, or too much", async () => {
    for (const name of ["nobody-made-it", "administrator"]) {
      await expect(openTestIssuer({ signUpRoles: [name] })).rejects.toThrow(/^signUpRoles: /);
    }
  });

  test("is for everybody where it is open, without any right", async () => {
    const open = await openTestIssuer({ signUp: "open" });
    await signUp({}, open);
    const account = await open.store.accounts.byEmail("ann@example.com");
    expect(await open.store.roles.grantedTo(account?.id ?? "")).toEqual([]);
    await open.close();
  });

  test("needs an invitation unless said otherwise", async () => {
    expect(await reasonOf(signUp({}))).toBe("sign_up_closed");
  });

  test("by invitation gives the roles of the invitation", async () => {
    const { secret, link } = await invite("Ann@Example.com ", ["member", "administrator"]);
    expect(link).toBe(`${ISSUER}/sign-up#${secret}`);
    await signUp({ invitation: secret });
    expect(await rolesOf("ann@example.com")).toEqual(["administrator", "member"]);
  });

  test("by invitation works once, also for 20 who try at once", async () => {
    const { secret } = await invite("ann@example.com");
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => reasonOf(signUp({ invitation: secret }))));
    expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(await reasonOf(signUp({ invitation: secret, email: "ann@example.com" }))).toBe("invalid_code");
  });

  test("by an invitation of another address is refused, and leaves it good", async () => {
    const { secret } = await invite("ann@example.com", ["administrator"]);
    expect(await reasonOf(signUp({ invitation: secret, email: "eve@example.com" }))).toBe("invalid_code");
    expect(await issuer.store.accounts.byEmail("eve@example.com")).toBeUndefined();
    await signUp({ invitation: secret });
  });

  test("by invitation is possible for 7 days", async () => {
    const { secret } = await invite("ann@example.com");
    issuer.world.advance(7 * 86_400_000);
    expect(await reasonOf(signUp({ invitation: secret }))).toBe("invalid_code");
  });

  test("by an invitation that was taken back is refused", async () => {
    const { secret, id } = await invite("ann@example.com");
    await issuer.services.invitations.remove(id, admin.actor);
    expect(await reasonOf(signUp({ invitation: secret }))).toBe("invalid_code");
    expect(await reasonOf(issuer.services.invitations.remove(id, admin.actor))).toBe("not_found");
  });

  describe("by an invitation is refused when who made it", () => {
    let inviter: Person;
    beforeEach(async () => {
      const { secret } = await invite("deputy@example.com", ["administrator"]);
      await signUp({ email: "deputy@example.com", invitation: secret });
      inviter = await issuer.signIn("deputy@example.com");
    });
    const inviteBy = async (roles: string[]) =>
      (await issuer.services.invitations.create({ email: "ann@example.com", roles }, inviter.actor)).secret;

    test.each(["disable", "remove"] as const)("is gone by %s, whatever it gives", async (act) => {
      const invitation = await inviteBy([]);
      await issuer.services.accounts[act](inviter.id, admin.actor);
      expect(await reasonOf(signUp({ invitation }))).toBe("invalid_code");
      expect(await issuer.store.accounts.byEmail("ann@example.com")).toBeUndefined();
    });

    test("is no administrator any more, though one holds all that administrators are listed with", async () => {
      const { roles } = issuer.services;
      const invitation = await inviteBy(["administrator"]);
      const permissions = (await roles.list())[0]?.permissions ?? [];
      await roles.create({ name: "deputy", description: "", permissions }, admin.actor);
      await roles.grant(inviter.id, "deputy", admin.actor);
      await roles.revoke(inviter.id, "administrator", admin.actor);
      expect(await reasonOf(signUp({ invitation }))).toBe("invalid_code");
      expect(await issuer.store.accounts.byEmail("ann@example.com")).toBeUndefined();
      await roles.grant(inviter.id, "administrator", admin.actor);
      await signUp({ invitation });
    });

    test("holds too little for a role that was widened since", async () => {
      const { roles } = issuer.services;
      const permissions = [{ audience: ISSUER, permission: "users:read" }];
      await roles.create({ name: "reader", description: "", permissions: [] }, admin.actor);
      const invitation = await inviteBy(["reader"]);
      await roles.revoke(inviter.id, "administrator", admin.actor);
      await roles.update({ name: "reader", description: "", permissions }, admin.actor);
      expect(await reasonOf(signUp({ invitation }))).toBe("invalid_code");
      await roles.grant(inviter.id, "reader", admin.actor);
      await signUp({ invitation });
      expect(await rolesOf("ann@example.com")).toEqual(["reader"]);
    });
  });

  test.each(["", "x", "A".repeat(43)])("looks at the invitation %j before the password", async (invitation) => {
    // A password that is never looked at is never hashed either.
    expect(await reasonOf(signUp({ invitation, password: "password123" }))).toBe("invalid_code");
    expect(await issuer.store.audit.list({ limit: 10, event: "sign_up.refused" })).toHaveLength(1);
  });

  test("does not grant a role that was removed since", async () => {
    await issuer.services.roles.create({ name: "brief", description: "", permissions: [] }, admin.actor);
    const { secret } = await invite("ann@example.com", ["brief", "member"]);
    await issuer.services.roles.remove("brief", admin.actor);
    await signUp({ invitation: secret });
    expect(await rolesOf("ann@example.com")).toEqual(["member"]);
  });

  test("ASVS 6.2.4: refuses a common password, and leaves the invitation good", async () => {
    const { secret } = await invite("ann@example.com");
    expect(await reasonOf(signUp({ invitation: secret, password: "password123" }))).toBe("password_unsuitable");
    await signUp({ invitation: secret });
  });

  test("corpus 71: another spelling of an address is the same address", async () => {
    const open = await openTestIssuer({ signUp: "open" });
    await signUp({ email: "kate@example.com" }, open);
    for (const email of [
      "KATE@example.com",
      " kate@example.com",
      "\u212Aate@example.com",
      "ｋate@example.com",
      "kate@exampl\u212F.com",
    ]) {
      expect(await reasonOf(signUp({ email }, open)), email).toBe("conflict");
    }
    await open.close();
  });

  test("an invitation is not shown with its hash, and is not made for somebody who is there", async () => {
    await invite("ann@example.com");
    const [shown] = await issuer.services.invitations.list({ limit: 10 });
    expect(shown).toEqual({
      id: expect.any(String),
      email: "ann@example.com",
      roles: [],
      invitedBy: admin.id,
      createdAt: issuer.world.now(),
      expiresAt: issuer.world.now() + 7 * 86_400_000,
    });
    expect(await reasonOf(invite(admin.email))).toBe("conflict");
    expect(await reasonOf(invite("bob@example.com", ["nobody-made-this"]))).toBe("not_found");
  });
});
