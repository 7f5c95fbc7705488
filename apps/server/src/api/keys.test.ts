import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestApi, type TestApi } from "./testing/test-api.ts";

let api: TestApi;
let admin: Awaited<ReturnType<TestApi["administrator"]>>;
beforeEach(async () => {
  api = await openTestApi();
  admin = await api.administrator();
});
afterEach(() => api.close());

const reasonOf = (answer: Awaited<ReturnType<TestApi["query"]>>) => answer.json.error?.data.reason;
const signing = async () =>
  (await api.client().keys.list.query()).find(({ status }) => status === "current")?.kid ?? "";

test("keys.list says where each key stands, and from when on it may sign, to anybody", async () => {
  const ring = await api.client().keys.list.query();
  expect(ring.map(({ status }) => status).sort()).toEqual(["current", "next", "next"]);
  for (const key of ring) expect(key.readyAt).toBe(key.publishedAt + 3600);
  expect(JSON.stringify(ring)).not.toContain("sealed");
});

test("keys.rotate is refused while no successor has been published for an hour, and says when to come again", async () => {
  const answer = await api.mutate("keys.rotate", undefined, admin.token);
  expect(answer).toMatchObject({ status: 409, json: { error: { data: { reason: "conflict" } } } });
  expect(answer.json.error?.data.retryAfter).toBeGreaterThan(3500);
  expect(answer.json.error?.data.retryAfter).toBeLessThanOrEqual(3600);
});

test("keys.revoke takes the tokens of a key along; the session gets another by a refresh, and the call succeeds", async () => {
  const kid = await signing();
  await admin.client.keys.revoke.mutate({ kid });
  expect(reasonOf(await api.query("account.me", undefined, admin.token))).toMatch(/^(token_stale|unknown_key)$/);
  expect(await signing()).not.toBe(kid);
  expect((await api.send("GET", "/.well-known/jwks.json")).text).not.toContain(kid);
  const again = await api.again("admin");
  expect((await again.client.account.me.query()).id).toBe(admin.id);
  expect(reasonOf(await api.mutate("keys.revoke", { kid }, again.token))).toBe("not_found");
});

test("ASVS 8.2.1: both take keys:write", async () => {
  const ann = await api.person("ann");
  for (const [path, input] of [["keys.rotate"], ["keys.revoke", { kid: await signing() }]] as const) {
    expect(reasonOf(await api.mutate(path, input, ann.token))).toBe("not_permitted");
    expect(reasonOf(await api.mutate(path, input))).toBe("no_token");
  }
  await admin.client.roles.create.mutate({ name: "keeper", description: "", permissions: ["keys:write"] });
  await admin.client.roles.grant.mutate({ account: ann.id, role: "keeper" });
  const keeper = await api.again("ann");
  await keeper.client.keys.revoke.mutate({ kid: await signing() });
});
