import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestApi, refusalOf, type TestApi } from "./testing/test-api.ts";

type Person = Awaited<ReturnType<TestApi["person"]>>;

const NOTES = "https://notes.example";
const notes = {
  audience: NOTES,
  permissions: ["notes:read", "notes:write"],
  roles: { editor: { permissions: ["notes:read", "notes:write"] } },
};

let api: TestApi;
let admin: Person;
let deployer: Person;
beforeAll(async () => {
  api = await openTestApi();
  admin = await api.administrator();
  deployer = await withRole("deployer", "access:write");
});
afterAll(() => api.close());

/** Somebody with a role of their own, signed in after it was given. */
async function withRole(name: string, ...permissions: string[]): Promise<Person> {
  const { id } = await api.person(name);
  await admin.client.roles.create.mutate({ name, description: "", permissions });
  await admin.client.roles.grant.mutate({ account: id, role: name });
  return await api.again(name);
}
const scopeOf = ({ reply }: Person) => reply.tokens[0]?.scope;

describe("access.push", () => {
  test("ASVS 8.2.1: is nobody's without access:write, roles:write and users:write no substitute", async () => {
    const keeper = await withRole("keeper", "roles:write", "users:write");
    for (const person of [await api.person("member"), keeper]) {
      const { status, json } = await api.mutate("access.push", { declaration: notes }, person.token);
      expect([status, json.error?.data.reason]).toEqual([403, "not_permitted"]);
    }
  });

  test("ASVS 8.2.1: is no way to the issuer's own permissions for who holds access:write alone", async () => {
    const role = { permissions: ["users:write"] };
    const ways = {
      "at the issuer": [
        { audience: "https://auth.example", permissions: ["users:write"], roles: { deployer: role } },
        "invalid_target",
      ],
      "in a role of another API": [{ ...notes, roles: { deployer: role } }, "bad_request"],
      "as a permission of another API": [
        { audience: NOTES, permissions: ["users:write"], roles: { deployer: role } },
        "not_permitted",
      ],
      "as an administrator": [{ ...notes, roles: { administrator: { permissions: ["notes:read"] } } }, "conflict"],
    } as const;
    for (const [way, [declaration, reason]] of Object.entries(ways)) {
      expect(await refusalOf(deployer.client.access.push.mutate({ declaration })), way).toMatchObject({ reason });
    }
    expect(scopeOf(await api.again("deployer"))).toBe("access:write");
    expect(await refusalOf(deployer.client.users.list.query())).toMatchObject({ reason: "not_permitted" });
    expect((await admin.client.audiences.list.query()).map(({ audience }) => audience)).toEqual([
      "https://auth.example",
    ]);
  });

  test("ASVS 8.2.2: changes nothing of an API but the one that it names", async () => {
    const files = { audience: "https://files.example", permissions: ["files:read"] };
    const editors = { editor: { permissions: files.permissions } };
    await admin.client.access.push.mutate({ declaration: { ...files, roles: editors } });
    await admin.client.access.push.mutate({ declaration: notes });
    await admin.client.access.push.mutate({ declaration: { audience: NOTES, permissions: [] }, prune: true });
    expect(await admin.client.audiences.list.query()).toContainEqual({ ...files, roles: ["editor"] });
    const editor = (await admin.client.roles.list.query()).find(({ name }) => name === "editor");
    expect(editor?.permissions).toEqual([{ audience: files.audience, permission: "files:read" }]);
  });

  test("names who is affected to who may read accounts, and tells others how many", async () => {
    await admin.client.access.push.mutate({ declaration: notes });
    await admin.client.roles.grant.mutate({ account: deployer.id, role: "editor" });
    const less = { declaration: { ...notes, permissions: [], roles: {} }, prune: true, dryRun: true };
    const { undeclared: all } = await admin.client.access.push.mutate(less);
    expect(all).toMatchObject({ accounts: 1, emails: ["deployer@example.com"] });
    const { undeclared: some } = await deployer.client.access.push.mutate(less);
    expect(some).toEqual({ ...all, emails: [] });
  });

  test.each([
    [
      '{"declaration":{"audience":"https://x.example","permissions":["a:b"],"roles":{"__proto__":{"permissions":["a:b"]}}}}',
    ],
    ['{"declaration":{"audience":"https://x.example","permissions":[],"__proto__":{"polluted":true}}}'],
    ['{"declaration":{"audience":"https://x.example","permissions":[]},"__proto__":{"prune":true}}'],
  ])("corpus 60: %s is a bad request, and merges nothing", async (body) => {
    const headers = { authorization: `Bearer ${admin.token}` };
    const { status, json } = await api.send("POST", "/trpc/access.push", body, headers);
    expect([status, json.error?.data.reason]).toEqual([400, "bad_request"]);
    expect({}).not.toHaveProperty("polluted");
    expect((await admin.client.audiences.list.query()).map(({ audience }) => audience)).not.toContain(
      "https://x.example",
    );
  });
});

describe("access.table", () => {
  test("of an API is what it told last, for whoever is signed in with a client that has tokens for it", async () => {
    const procedures = {
      "notes.list": { allowed: ["notes:read"] },
      "notes.purge": { signedIn: true, within: 60 },
    } as const;
    const member = await api.person("table-reader");
    await admin.client.access.push.mutate({ declaration: notes });
    expect(await member.client.access.table.query({ audience: NOTES })).toEqual({});
    const { added } = await admin.client.access.push.mutate({ declaration: { ...notes, procedures } });
    expect(added).toMatchObject({ procedures: true });
    expect(await member.client.access.table.query({ audience: NOTES })).toEqual(procedures);
    const unknown = member.client.access.table.query({ audience: "https://unknown.example" });
    expect(await refusalOf(unknown)).toMatchObject({ reason: "invalid_target" });
  });

  test("of the issuer itself is its router's, asked by name as well", async () => {
    const own = await admin.client.access.table.query();
    expect(own["users.disable"]).toEqual({ allowed: ["users:write"] });
    expect(await admin.client.access.table.query({ audience: "https://auth.example" })).toEqual(own);
  });
});
