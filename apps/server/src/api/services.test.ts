import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTestApi, type TestApi } from "./testing/test-api.ts";

const NOTES = "https://notes.example";
const DAY_S = 86_400;

let api: TestApi;
let admin: Awaited<ReturnType<TestApi["administrator"]>>;
beforeEach(async () => {
  api = await openTestApi({ audiences: [{ audience: NOTES, permissions: ["notes:read", "notes:write"] }] });
  admin = await api.administrator();
});
afterEach(() => api.close());

type Credential = { readonly id: string; readonly secret: string };

const create = async (permissions: Parameters<typeof admin.client.services.create.mutate>[0]["permissions"]) => {
  const { id, secret } = await admin.client.services.create.mutate({ name: "billing", permissions });
  return { id, secret: secret.secret, secretId: secret.id };
};
const tokenOf = ({ id, secret }: Credential, audience?: string) =>
  api.client().services.token.mutate({ id, secret, ...(audience === undefined ? {} : { audience }) });
const reasonOf = async (call: Promise<{ json: { error?: { data: { reason: string } } } }>) =>
  (await call).json.error?.data.reason;
const refusedToken = ({ id, secret }: Credential, audience?: string) =>
  reasonOf(api.mutate("services.token", { id, secret, audience }));
const verify = async (token: string, audience = api.issuer.issuer) => api.issuer.verifier.verify(token, audience);
const judge = async (token: string, audience?: string) => {
  try {
    api.issuer.verifier.judge(await verify(token, audience));
    return "lives";
  } catch (error) {
    return (error as Error).message;
  }
};
const audited = async (event: string) => await admin.client.audit.list.query({ event });

describe("a service", () => {
  test("RFC 9068 2.2: proves itself by its secret and gets a token of five minutes that says what it may do there", async () => {
    const service = await create(["users:read", { audience: NOTES, permission: "notes:read" }]);
    const own = await tokenOf(service);
    expect(own).toMatchObject({ token_type: "Bearer", scope: "users:read", audience: "https://auth.example" });
    expect(own.expires_in).toBeGreaterThan(298);
    expect(own.expires_in).toBeLessThanOrEqual(300);
    const { claims } = await verify(own.access_token);
    expect(claims).toEqual({
      iss: "https://auth.example",
      sub: service.id,
      client_id: service.id,
      aud: "https://auth.example",
      exp: claims.iat + 300,
      iat: Math.floor(own.server_time),
      jti: expect.any(String),
      scope: "users:read",
      av: 0,
    });
    const elsewhere = await tokenOf(service, NOTES);
    expect(elsewhere).toMatchObject({ scope: "notes:read", audience: NOTES });
    expect((await verify(elsewhere.access_token, NOTES)).claims.scope).toBe("notes:read");
  });

  test("calls what its permissions open, and nothing that belongs to somebody", async () => {
    const { access_token } = await tokenOf(await create(["users:read"]));
    expect((await api.client(access_token).users.list.query()).map(({ id }) => id)).toEqual([admin.id]);
    expect(await reasonOf(api.query("account.me", undefined, access_token))).toBe("account_required");
    expect(await reasonOf(api.query("roles.list", undefined, access_token))).toBe("not_permitted");
  });

  test("ASVS 6.3.8: is refused alike whatever is wrong with its credential, for the same questions to the database", async () => {
    const service = await create(["users:read"]);
    const disabled = (await admin.client.services.create.mutate({ name: "off", permissions: ["users:read"] })) as {
      id: string;
      secret: { secret: string };
    };
    await admin.client.services.disable.mutate({ id: disabled.id });
    const answers = await Promise.all(
      [
        { id: service.id, secret: "A".repeat(43) },
        { id: service.id, secret: "not of its form" },
        { id: "A".repeat(22), secret: service.secret },
        { id: disabled.id, secret: disabled.secret.secret },
        { id: disabled.id, secret: service.secret },
      ].map((credential) => api.mutate("services.token", credential)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 400, json: { error: { data: { reason: "invalid_client" } } } });
    expect((await audited("service.token_refused")).map(({ detail }) => detail["cause"]).sort()).toEqual([
      "disabled",
      "unknown",
      "wrong_secret",
      "wrong_secret",
      "wrong_secret",
    ]);
  });

  test("may ask for an audience only where it may do something, known or not", async () => {
    const service = await create(["users:read"]);
    for (const audience of [NOTES, "https://nowhere.example"]) {
      expect(await refusedToken(service, audience)).toBe("invalid_target");
    }
  });

  test("corpus 27, 53: asks alone, with exactly these members, and proves itself in no other way", async () => {
    const service = await create(["users:read"]);
    const batch = JSON.stringify({ 0: service, 1: service });
    const twice = await api.send("POST", "/trpc/services.token,services.token?batch=1", batch);
    expect(twice.replies.map(({ error }) => error?.data.reason)).toEqual(["batch_refused", "batch_refused"]);
    const { id, secret } = service;
    expect(await refusedToken({ id, secret })).toBeUndefined();
    for (const more of [{ scope: "users:write" }, { client_id: id }, { client_secret: secret }]) {
      expect(await reasonOf(api.mutate("services.token", { id, secret, ...more }))).toBe("bad_request");
    }
    const basic = { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
    for (const body of [{}, { id }, { id, secret: "" }]) {
      const reply = await api.send("POST", "/trpc/services.token", JSON.stringify(body), basic);
      expect(reply.json.error?.data.reason, JSON.stringify(body)).toMatch(/^(bad_request|invalid_client)$/);
    }
    // Whose secret it is, the body says, and nothing beside it.
    const other = await admin.client.services.create.mutate({ name: "another", permissions: [] });
    const mixed = await api.send("POST", "/trpc/services.token", JSON.stringify({ id: other.id, secret }), basic);
    expect(mixed.json.error?.data.reason).toBe("invalid_client");
  });

  test("that fails again and again is told to wait, and keeps nobody with a good secret out", async () => {
    const service = await create(["users:read"]);
    const wrong = { id: service.id, secret: "A".repeat(43) };
    const reasons = await Promise.all(Array.from({ length: 40 }, () => refusedToken(wrong)));
    expect(reasons.filter((reason) => reason === "invalid_client")).toHaveLength(30);
    expect(reasons.filter((reason) => reason === "rate_limited")).toHaveLength(10);
    expect(await audited("service.token_limited")).toHaveLength(1);
    expect((await tokenOf(service)).scope).toBe("users:read");
  });

  test("ASVS 16.3.1: is written down once a day and secret, and the secret's last day is shown", async () => {
    const service = await create(["users:read"]);
    await tokenOf(service);
    const { server_time } = await tokenOf(service);
    const [entry, ...more] = await audited("service.authenticated");
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ actor: service.id, subject: service.id, detail: { secret: service.secretId } });
    const [view] = await admin.client.services.list.query();
    expect(view?.secrets).toEqual([
      { id: service.secretId, createdAt: expect.any(Number), usedOn: server_time - (server_time % DAY_S) },
    ]);
  });
});

describe("server case 15: the secrets of a service", () => {
  test("are two at most: a new one works beside the one before, and ends the one before that", async () => {
    const service = await create(["users:read"]);
    const second = await admin.client.services.rotate.mutate({ id: service.id });
    expect(second.ended).toEqual([]);
    const first = await tokenOf(service);
    await tokenOf({ id: service.id, secret: second.secret.secret });
    expect(await judge(first.access_token)).toBe("lives");

    const third = await admin.client.services.rotate.mutate({ id: service.id });
    expect(third.ended).toEqual([service.secretId]);
    expect(await refusedToken(service)).toBe("invalid_client");
    expect(await judge(first.access_token)).toBe("token_stale");
    const { access_token } = await tokenOf({ id: service.id, secret: second.secret.secret });
    expect(await judge(access_token)).toBe("lives");
    const [view] = await admin.client.services.list.query();
    expect(view?.secrets.map(({ id }) => id)).toEqual([third.secret.id, second.secret.id]);
  });

  test("that is revoked takes every token of the service along at once, and the other secret goes on", async () => {
    const service = await create(["users:read"]);
    const { secret } = await admin.client.services.rotate.mutate({ id: service.id });
    const { access_token } = await tokenOf(service);
    await admin.client.services.revokeSecret.mutate({ id: service.id, secret: service.secretId });
    expect(await judge(access_token)).toBe("token_stale");
    expect(await refusedToken(service)).toBe("invalid_client");
    expect(await judge((await tokenOf({ id: service.id, secret: secret.secret })).access_token)).toBe("lives");
    const again = api.mutate("services.revokeSecret", { id: service.id, secret: service.secretId }, admin.token);
    expect(await reasonOf(again)).toBe("not_found");
  });

  test("are in the reply that made them and nowhere else", async () => {
    const service = await create(["users:read"]);
    expect(JSON.stringify(await admin.client.services.list.query())).not.toContain(service.secret);
    expect(JSON.stringify(await admin.client.audit.list.query())).not.toContain(service.secret);
  });
});

describe("what a service may do", () => {
  test("is replaced: its tokens go when something was taken, and stay when something was given", async () => {
    const service = await create(["users:read", "roles:read"]);
    const before = await tokenOf(service);
    await admin.client.services.update.mutate({
      id: service.id,
      permissions: ["users:read", "roles:read", "audit:read"],
    });
    expect(await judge(before.access_token)).toBe("lives");
    await admin.client.services.update.mutate({ id: service.id, permissions: ["audit:read"] });
    expect(await judge(before.access_token)).toBe("token_stale");
    expect(await tokenOf(service)).toMatchObject({ scope: "audit:read" });
  });

  test("goes with what its API does not know any more", async () => {
    const service = await create([
      { audience: NOTES, permission: "notes:read" },
      { audience: NOTES, permission: "notes:write" },
    ]);
    const before = await tokenOf(service, NOTES);
    const declaration = { audience: NOTES, permissions: ["notes:read"] };
    await admin.client.access.push.mutate({ declaration, prune: true });
    expect(await judge(before.access_token, NOTES)).toBe("token_stale");
    expect(await tokenOf(service, NOTES)).toMatchObject({ scope: "notes:read" });
    const [view] = await admin.client.services.list.query();
    expect(view?.permissions).toEqual([{ audience: NOTES, permission: "notes:read" }]);
  });

  test("stops with the service: disabled, enabled again, removed", async () => {
    const service = await create(["users:read"]);
    const first = await tokenOf(service);
    await admin.client.services.disable.mutate({ id: service.id });
    expect(await judge(first.access_token)).toBe("token_stale");
    expect(await refusedToken(service)).toBe("invalid_client");
    await admin.client.services.enable.mutate({ id: service.id });
    const second = await tokenOf(service);
    await admin.client.services.remove.mutate({ id: service.id });
    expect(await judge(second.access_token)).toBe("token_stale");
    expect(await refusedToken(service)).toBe("invalid_client");
    expect(await admin.client.services.list.query()).toEqual([]);
  });

  test("ASVS 8.2.1: is handed out, and its secret made, only by who holds all of it", async () => {
    const service = await create(["users:read"]);
    await admin.client.roles.create.mutate({ name: "operator", description: "", permissions: ["services:write"] });
    const { id: ann } = await api.person("ann");
    await admin.client.roles.grant.mutate({ account: ann, role: "operator" });
    const { token } = await api.again("ann");
    const { id } = service;
    const attempts: readonly [string, unknown][] = [
      ["create", { name: "mine", permissions: ["users:read"] }],
      ["update", { id, permissions: [] }],
      ["rotate", { id }],
      ["revokeSecret", { id, secret: service.secretId }],
      ["disable", { id }],
      ["enable", { id }],
      ["remove", { id }],
    ];
    for (const [act, input] of attempts) {
      expect(await reasonOf(api.mutate(`services.${act}`, input, token)), act).toBe("not_permitted");
    }
    expect(await audited("service.refused")).toHaveLength(attempts.length);
    expect((await api.mutate("services.create", { name: "mine", permissions: ["services:write"] }, token)).status).toBe(
      200,
    );
  });

  test("is refused for what nobody knows, and a name that is taken", async () => {
    await create([]);
    const make = (input: object) => reasonOf(api.mutate("services.create", input, admin.token));
    expect(await make({ name: "billing", permissions: [] })).toBe("conflict");
    expect(await make({ name: "x", permissions: ["nothing:known"] })).toBe("bad_request");
    const elsewhere = { audience: "https://nowhere.example", permission: "notes:read" };
    expect(await make({ name: "x", permissions: [elsewhere] })).toBe("invalid_target");
  });
});
