import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestApi, PASSWORD, refusalOf, type TestApi } from "./testing/test-api.ts";

let api: TestApi;
let admin: Awaited<ReturnType<TestApi["administrator"]>>;
let ann: Awaited<ReturnType<TestApi["person"]>>;
beforeAll(async () => {
  api = await openTestApi();
  admin = await api.administrator();
  ann = await api.person("ann");
});
afterAll(() => api.close());

describe("the API", () => {
  test("ASVS 8.2.3: tells somebody who they are, in seconds and without their password's hash", async () => {
    expect(await ann.client.account.me.query()).toEqual({
      id: ann.id,
      email: "ann@example.com",
      name: "ann",
      roles: [],
      createdAt: expect.closeTo(ann.reply.server_time, -1),
      metadata: { public: {} },
    });
  });

  test("lists one's own sessions, and which one asks", async () => {
    const [session] = await ann.client.account.sessions.query();
    expect(session).toEqual({
      id: ann.reply.session,
      client: "cli",
      userAgent: "lightMyRequest",
      createdAt: ann.reply.server_time,
      refreshedAt: ann.reply.server_time,
      expiresAt: ann.reply.server_time + 14 * 86_400,
      current: true,
    });
  });

  test("lists accounts page by page", async () => {
    const { users } = admin.client;
    const all = await users.list.query();
    expect(all).toHaveLength(2);
    const [first] = await users.list.query({ limit: 1 });
    const [second] = await users.list.query({ limit: 1, after: first?.id ?? "" });
    expect([first, second]).toEqual(all);
    expect(await users.get.query({ id: ann.id })).toMatchObject(all.find(({ id }) => id === ann.id) ?? {});
    expect(await users.get.query({ email: " Ann@example.com" })).toMatchObject({ id: ann.id });
    expect(await refusalOf(users.get.query({ email: "nobody@example.com" }))).toMatchObject({ reason: "not_found" });
    expect(await refusalOf(users.get.query({ email: "nobody" }))).toMatchObject({ reason: "bad_request" });
  });

  test("ASVS 8.2.1, 8.3.1: refuses administration to a member, call by call, whatever program asks", async () => {
    const table = await ann.client.access.table.query();
    const guarded = Object.entries(table).filter(([, policy]) => "allowed" in policy);
    expect(guarded.length).toBeGreaterThan(14);
    for (const [path] of guarded) {
      const query = /\.(export|get|keys|list)$/.test(path);
      const { status, json } = await api[query ? "query" : "mutate"](path, undefined, ann.token);
      expect([path, status, json.error?.data.reason]).toEqual([path, 403, "not_permitted"]);
    }
  });

  test("tells what one may call", async () => {
    const mine = await ann.client.access.mine.query();
    expect(mine.permissions).toEqual([]);
    expect(mine.paths).toContain("account.me");
    expect(mine.paths).not.toContain("users.list");
    expect((await admin.client.access.mine.query()).paths).toContain("users.list");
  });

  test("defines a role, gives it and takes it back", async () => {
    const { roles, users } = admin.client;
    await roles.create.mutate({ name: "reader", description: "Reads", permissions: ["users:read"] });
    expect(await roles.list.query()).toContainEqual({
      name: "reader",
      description: "Reads",
      builtIn: false,
      permissions: [{ audience: "https://auth.example", permission: "users:read" }],
    });
    const { id } = await api.person("carl");
    await roles.grant.mutate({ account: id, role: "reader" });
    expect((await users.get.query({ id })).roles).toEqual(["reader"]);
    await roles.update.mutate({ name: "reader", description: "Reads less", permissions: [] });
    await roles.revoke.mutate({ account: id, role: "reader" });
    expect((await users.get.query({ id })).roles).toEqual([]);
    await roles.remove.mutate({ name: "reader" });
    expect(await roles.list.query()).toHaveLength(2);
  });

  test("invites somebody, who comes in with the invitation's roles", async () => {
    const { invitations, users } = admin.client;
    const { secret } = await invitations.create.mutate({ email: "Dora@example.com", roles: ["member"] });
    const [shown] = await invitations.list.query();
    expect(shown).not.toHaveProperty("hash");
    const dora = { client: "cli", email: "dora@example.com", name: "Dora", password: PASSWORD, invitation: secret };
    expect(await api.client().signIn.signUp.mutate(dora)).toEqual({ handoff: expect.any(String), expiresIn: 60 });
    expect(await invitations.list.query()).toEqual([]);
    expect((await users.list.query()).find(({ email }) => email === dora.email)?.roles).toEqual(["member"]);
    const { id } = await invitations.create.mutate({ email: "dan@example.com" });
    await invitations.remove.mutate({ id });
    expect(await invitations.list.query()).toEqual([]);
  });

  test("changes a password with the present one", async () => {
    const eve = await api.person("eve");
    const next = "quite another passphrase";
    const wrong = await refusalOf(eve.client.account.changePassword.mutate({ current: "wrong", next }));
    expect(wrong).toMatchObject({ reason: "wrong_credentials" });
    expect(wrong).not.toHaveProperty("ran");
    await eve.client.account.changePassword.mutate({ current: PASSWORD, next });
    expect(await refusalOf(eve.client.account.me.query())).toMatchObject({ reason: "token_stale", ran: false });
  });

  test("corpus 37, server case 4: an ended session is refused at the next call, though its token is known", async () => {
    const fred = await api.person("fred");
    const next = "quite another passphrase";
    await fred.client.account.me.query();
    await fred.client.account.endSession.mutate({ id: fred.reply.session });
    expect(await refusalOf(fred.client.account.me.query())).toMatchObject({ httpStatus: 401, reason: "session_ended" });
    const change = fred.client.account.changePassword.mutate({ current: PASSWORD, next });
    expect(await refusalOf(change)).toMatchObject({ reason: "session_ended", ran: false });
  });

  test("ASVS 8.2.2: another's session is not found", async () => {
    const attempt = ann.client.account.endSession.mutate({ id: admin.reply.session });
    expect(await refusalOf(attempt)).toMatchObject({ reason: "not_found" });
    await admin.client.account.me.query();
  });

  test("server case 5: a disabled account is refused at its next call, and may be enabled again", async () => {
    const { users } = admin.client;
    const gwen = await api.person("gwen");
    await users.disable.mutate({ id: gwen.id });
    expect(await refusalOf(gwen.client.account.me.query())).toMatchObject({ reason: "session_ended" });
    expect((await users.get.query({ id: gwen.id })).disabledAt).toEqual(expect.any(Number));
    await users.enable.mutate({ id: gwen.id });
    expect((await users.get.query({ id: gwen.id })).disabledAt).toBeNull();
    expect(await users.endSessions.mutate({ id: gwen.id })).toEqual({ ended: 0 });
    await users.remove.mutate({ id: gwen.id });
    expect(await refusalOf(users.get.query({ id: gwen.id }))).toMatchObject({ httpStatus: 404, reason: "not_found" });
  });

  test("shows the audit, newest first, and by kind", async () => {
    const { audit } = admin.client;
    const [newest, older] = await audit.list.query({ limit: 2 });
    expect(newest?.at).toBeGreaterThanOrEqual(older?.at ?? Number.NaN);
    const disabled = await audit.list.query({ event: "account.disabled" });
    expect(disabled).toHaveLength(1);
    expect(await audit.list.query({ event: "account.disabled", after: disabled[0]?.id ?? "" })).toEqual([]);
  });

  test("corpus 78: 100 parallel requests of two people answer each with themselves", async () => {
    const own = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const person = index % 2 ? admin : ann;
        return (await person.client.account.me.query()).id === person.id;
      }),
    );
    expect(own).not.toContain(false);
  });

  test("server case 7: no other secret of ours passes for an access token, and none for another", async () => {
    const credentials = { client: "cli", email: "ann@example.com", password: PASSWORD };
    const { handoff } = await api.client().signIn.password.mutate(credentials);
    for (const secret of [handoff, ann.reply.refresh_token]) {
      expect(await refusalOf(api.client(secret).account.me.query())).toMatchObject({
        reason: "token_invalid",
        ran: false,
      });
    }
    for (const [path, body] of [
      ["refresh", { refresh_token: ann.token }],
      ["refresh", { refresh_token: handoff }],
      ["start", { handoff: ann.token }],
      ["start", { handoff: ann.reply.refresh_token }],
    ] as const) {
      const text = JSON.stringify({ client: "cli", ...body });
      const { status } = await api.send("POST", `/session/${path}`, text, { "x-countersign": "1" });
      expect([path, status]).toEqual([path, 400]);
    }
  });
});
