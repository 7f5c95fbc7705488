import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { databasesForTests } from "../testing/databases.ts";
import { post } from "../testing/post-method.ts";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, PASSWORD, type Person, SOMEBODY, TERMINAL, type TestIssuer } from "../testing/test-issuer.ts";

const databases = databasesForTests();
let issuer: TestIssuer;
beforeEach(async () => {
  issuer = await openTestIssuer({ signIn: [post] });
});
afterEach(() => issuer.close());

const enter = async (email: string) => {
  const { handoff } = await issuer.services.signIn.run("post", email, TERMINAL, SOMEBODY);
  return await issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
};

describe("an account whose address somebody proves", () => {
  test("corpus 72: is taken from whoever had only named the address: password, session, tokens, handoff", async () => {
    const squatter: Person = await issuer.person("ann");
    const { email, refreshToken, accessToken } = squatter;
    const { services } = issuer;
    const waiting = await services.signIn.run("password", { email, password: PASSWORD }, TERMINAL, SOMEBODY);
    const [first, second] = [await enter(email), await enter(` ${email.toUpperCase()}`)];
    expect([first.account, second.account]).toEqual([squatter.id, squatter.id]);
    expect(await reasonOf(issuer.signIn(email))).toBe("wrong_credentials");
    expect(await reasonOf(services.sessions.refresh({ client: "cli", refreshToken }, SOMEBODY))).toBe("invalid_grant");
    expect(await reasonOf(issuer.judge(accessToken))).toBe("session_ended");
    expect(await reasonOf(services.sessions.start({ ...TERMINAL, ...waiting }, SOMEBODY))).toBe("invalid_grant");
    for (const { tokens } of [first, second]) await issuer.judge(tokens[0]?.access_token ?? "");
    const written = await issuer.store.audit.list({ limit: 10, event: "account.address_proved" });
    expect(written).toMatchObject([{ actor: squatter.id, subject: squatter.id, detail: { sessions: 1 } }]);
  });

  test("loses nothing where an invitation had gone to the address, or it is the first administrator's", async () => {
    const { services } = issuer;
    const admin = await issuer.administrator();
    const bob = { email: "bob@example.com", name: "Bob", password: PASSWORD };
    const { secret: invitation } = await services.invitations.create({ email: bob.email, roles: [] }, admin.actor);
    await services.signUps.signUp({ ...bob, invitation }, TERMINAL, SOMEBODY);
    for (const { email } of [admin, bob]) {
      await enter(email);
      await issuer.signIn(email);
    }
    await issuer.judge(admin.accessToken);
  });

  test.each(Object.entries(databases))(
    "is claimed once by 20 at the same moment, who are all let in, over %s",
    async (_, make) => {
      await issuer.close();
      issuer = await openTestIssuer({ signIn: [post], database: await make(), world: systemWorld });
      const { email, id } = await issuer.person("ann");
      const replies = await Promise.all(Array.from({ length: 20 }, () => enter(email)));
      for (const { tokens } of replies) await issuer.judge(tokens[0]?.access_token ?? "");
      expect(await issuer.store.audit.list({ limit: 10, event: "account.address_proved" })).toHaveLength(1);
      expect(await issuer.store.sessions.living(id, systemWorld.now())).toHaveLength(20);
    },
  );
});
