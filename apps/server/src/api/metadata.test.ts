import { createGuard, type Facts, facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { openTestApi, refusalOf, type TestApi } from "./testing/test-api.ts";

const metadata = {
  public: z.object({ plan: z.enum(["free", "pro"]).default("free") }),
  private: z.object({ customer: z.string().optional() }),
};
const schema = z.object({ plan: z.enum(["free", "pro"]) });

let api: TestApi;
let admin: Awaited<ReturnType<TestApi["administrator"]>>;
let ann: Awaited<ReturnType<TestApi["person"]>>;
beforeAll(async () => {
  const claims = { schema, of: async () => ({ plan: "pro" }) };
  api = await openTestApi({ metadata, claims });
  admin = await api.administrator();
  ann = await api.person("ann");
});
afterAll(() => api.close());

describe("metadata over the API", () => {
  test("is written by administrators, and read by them whole", async () => {
    const { users } = admin.client;
    await users.setMetadata.mutate({ id: ann.id, public: { plan: "pro" }, private: { customer: "cus_secret" } });
    const { metadata } = await users.get.query({ id: ann.id });
    expect(metadata).toEqual({ public: { plan: "pro" }, private: { customer: "cus_secret" } });
    const listed = await users.list.query();
    expect(JSON.stringify(listed)).not.toContain("cus_secret");
  });

  test("ASVS 8.2.3: is shown to its owner without the private part, and is not the owner's to write", async () => {
    const { text } = await api.query("account.me", undefined, ann.token);
    expect(JSON.parse(text).result.data.metadata).toEqual({ public: { plan: "pro" } });
    expect(text).not.toContain("cus_secret");
    const own = ann.client.users.setMetadata.mutate({ id: ann.id, public: { plan: "free" } });
    expect(await refusalOf(own)).toMatchObject({ reason: "not_permitted", ran: false });
    const members = Object.keys((await ann.client.access.table.query()) ?? {}).filter((path) =>
      path.startsWith("account."),
    );
    expect(members).not.toContain("account.setMetadata");
  });

  test("that does not fit is a bad request, and too much is too large", async () => {
    const { users } = admin.client;
    const wrong = users.setMetadata.mutate({ id: ann.id, public: { plan: "gold" } });
    expect(await refusalOf(wrong)).toMatchObject({ reason: "bad_request" });
    const long = users.setMetadata.mutate({ id: ann.id, private: { customer: "x".repeat(9000) } });
    expect(await refusalOf(long)).toMatchObject({ reason: "too_large", httpStatus: 413 });
  });

  test.each(["public", "private"])(
    "corpus 60: a __proto__ in the %s part is dropped, and merges nothing",
    async (part) => {
      const inner = '{"plan":"free","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
      const body = `{"id":"${ann.id}","${part}":${inner}}`;
      const { status } = await api.send("POST", "/trpc/users.setMetadata", body, {
        authorization: `Bearer ${admin.token}`,
      });
      expect(status).toBe(200);
      expect(JSON.stringify(await api.issuer.accounts.get(ann.id))).not.toContain("polluted");
      expect({}).not.toHaveProperty("polluted");
    },
  );

  test("with narrowed refuses the tokens that the account has now", async () => {
    const bob = await api.person("bob");
    await admin.client.users.setMetadata.mutate({ id: bob.id, public: {}, narrowed: true });
    expect(await refusalOf(bob.client.account.me.query())).toMatchObject({ reason: "token_stale" });
  });
});

describe("the issuer in one's own process", () => {
  test("reads and writes accounts without asking who may", async () => {
    await api.issuer.accounts.setMetadata(ann.id, { private: { customer: "cus_1" } });
    const account = await api.issuer.accounts.get(ann.id);
    expect(account).toMatchObject({
      id: ann.id,
      email: "ann@example.com",
      metadata: { private: { customer: "cus_1" } },
    });
    expect(JSON.stringify(account)).not.toContain("argon2");
    await expect(api.issuer.accounts.get("A".repeat(22))).rejects.toMatchObject({ reason: "not_found" });
  });

  test("gives a guard beside it the claims that its tokens carry", async () => {
    const t = initTRPC.context<{ auth: Facts }>().create();
    const guard = createGuard(t, { issuer: api.issuer.verifier, permissions: ["notes:read"], claims: schema });
    const router = guard.router({ plan: guard.signedIn.query(({ ctx }) => ctx.principal.claims.plan) });
    const request = new Request("https://notes.example", { headers: { authorization: `Bearer ${ann.token}` } });
    expect(
      await guard
        .createCallerFactory(router)({ auth: facts(request) })
        .plan(),
    ).toBe("pro");
  });
});
