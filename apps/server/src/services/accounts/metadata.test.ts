import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { reasonOf } from "../testing/reason-of.ts";
import { openTestIssuer, type Person, type TestIssuer } from "../testing/test-issuer.ts";
import { MAX_METADATA_BYTES } from "./metadata.ts";

const metadata = {
  public: z.object({ plan: z.enum(["free", "pro"]).default("free"), note: z.string().optional() }),
  private: z.object({
    customer: z.string().nullable().default(null),
    more: z.record(z.string(), z.unknown()).optional(),
  }),
};

let issuer: TestIssuer;
let admin: Person;
let ann: Person;
beforeEach(async () => {
  issuer = await openTestIssuer({ metadata });
  admin = await issuer.administrator();
  ann = await issuer.person("ann");
});
afterEach(() => issuer.close());

const get = async (id = ann.id) => (await issuer.services.accounts.get({ id })).metadata;
const set = (change: object, id = ann.id) => issuer.services.accounts.setMetadataAsProgram(id, change);
const asAdmin = (change: object, id = ann.id, by = admin) => issuer.services.accounts.setMetadata(id, change, by.actor);

describe("an account's metadata", () => {
  test("begins with the defaults of its schemas, as they were then", async () => {
    expect(await get()).toStrictEqual({ public: { plan: "free" }, private: { customer: null } });
    expect(await get(admin.id)).toStrictEqual({ public: { plan: "free" }, private: { customer: null } });
    expect(await issuer.store.metadata.read(ann.id)).toStrictEqual(await get());
  });

  test("is replaced part by part, each whole", async () => {
    await set({ private: { customer: "cus_1" } });
    await set({ public: { plan: "pro", note: "hello" } });
    expect(await get()).toStrictEqual({ public: { plan: "pro", note: "hello" }, private: { customer: "cus_1" } });
    await asAdmin({ public: {} });
    expect(await get()).toStrictEqual({ public: { plan: "free" }, private: { customer: "cus_1" } });
  });

  test("that does not fit is a bad request, and changes nothing", async () => {
    const wrong = [
      { public: { plan: "gold" } },
      { public: [] },
      { public: null },
      { private: { customer: 1 } },
      { private: { more: { at: new Date(0) } } },
      { public: { plan: "pro" }, private: { customer: 1 } },
    ];
    for (const change of wrong) expect(await reasonOf(set(change)), JSON.stringify(change)).toBe("bad_request");
    expect(await get()).toStrictEqual({ public: { plan: "free" }, private: { customer: null } });
  });

  test("of more than 8 KiB a part is too large", async () => {
    const room = MAX_METADATA_BYTES - '{"plan":"pro","note":""}'.length;
    await set({ public: { plan: "pro", note: "x".repeat(room) } });
    expect(await reasonOf(set({ public: { plan: "pro", note: "x".repeat(room + 1) } }))).toBe("too_large");
    expect(await reasonOf(set({ public: { plan: "pro", note: "é".repeat(room / 2 + 1) } }))).toBe("too_large");
  });

  test("corpus 60: loses a __proto__ wherever it stands, and gains nothing by it", async () => {
    const evil =
      '{"customer":"a","__proto__":{"admin":true},"more":{"__proto__":{"admin":true},"constructor":{"a":1}}}';
    await set({ private: JSON.parse(evil) });
    expect(JSON.stringify((await get()).private)).toBe('{"customer":"a","more":{"constructor":{"a":1}}}');
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });

  test("leaves the account's tokens alone, unless something was taken away", async () => {
    await set({ public: { plan: "pro" } });
    await issuer.judge(ann.accessToken);
    await asAdmin({ public: { plan: "free" }, narrowed: true });
    expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("token_stale");
    const again = await issuer.signIn(ann.email);
    await set({ narrowed: true });
    expect(await reasonOf(issuer.judge(again.accessToken))).toBe("token_stale");
    await issuer.judge(admin.accessToken);
  });

  test("of nobody, and of who may do more, is not written", async () => {
    const nobody = "A".repeat(22);
    expect(await reasonOf(set({ public: {} }, nobody))).toBe("not_found");
    expect(await reasonOf(asAdmin({ public: {} }, nobody))).toBe("not_found");
    expect(await reasonOf(asAdmin({ public: { plan: "pro" } }, admin.id, ann))).toBe("not_permitted");
    expect(await get(admin.id)).toMatchObject({ public: { plan: "free" } });
    const [refused] = await issuer.store.audit.list({ limit: 1, event: "account.refused" });
    expect(refused).toMatchObject({ actor: ann.id, subject: admin.id, detail: { act: "set_metadata" } });
  });

  test("is audited by its parts, never by what it says", async () => {
    await asAdmin({ private: { customer: "cus_secret" }, narrowed: true });
    issuer.world.advance(1);
    await set({ public: { note: "cus_secret" } });
    const entries = await issuer.store.audit.list({ limit: 10, event: "account.metadata_changed" });
    expect(entries).toMatchObject([
      { actor: null, subject: ann.id, detail: { parts: "public", narrowed: false } },
      { actor: admin.id, subject: ann.id, detail: { parts: "private", narrowed: true } },
    ]);
    expect(JSON.stringify(entries)).not.toContain("cus_secret");
  });

  test("that was kept by an older schema is read by the newer one, or is refused until it is replaced", async () => {
    await issuer.store.metadata.put(ann.id, { public: { plan: "pro", old: true }, private: {} });
    expect(await get()).toStrictEqual({ public: { plan: "pro" }, private: { customer: null } });
    await issuer.store.metadata.put(ann.id, { public: { plan: "gold" } });
    await expect(get()).rejects.toMatchObject({ reason: "internal", cause: expect.any(z.ZodError) });
    await set({ public: { plan: "pro" } });
    expect(await get()).toMatchObject({ public: { plan: "pro" } });
  });

  test("goes with its account", async () => {
    await issuer.services.accounts.remove(ann.id, admin.actor);
    expect(await issuer.store.metadata.read(ann.id)).toBeUndefined();
  });
});

describe("an installation", () => {
  test("without a schema for a part keeps nothing there", async () => {
    const bare = await openTestIssuer({ metadata: { public: z.object({}) } });
    const bob = await bare.person("bob");
    const { accounts } = bare.services;
    expect((await accounts.get({ id: bob.id })).metadata).toStrictEqual({ public: {}, private: {} });
    expect(await reasonOf(accounts.setMetadataAsProgram(bob.id, { private: {} }))).toBe("bad_request");
    await bare.close();
  });

  test("does not start with a schema that a new account would not fit, or that is none", async () => {
    const demanding = openTestIssuer({ metadata: { public: z.object({ plan: z.string() }) } });
    await expect(demanding).rejects.toThrow("metadata.public: an account begins with {}");
    await expect(openTestIssuer({ metadata: { private: {} as never } })).rejects.toThrow(
      "metadata.private: a zod schema",
    );
  });

  test("does not keep what it could not read again", async () => {
    const changing = await openTestIssuer({
      metadata: { public: z.object({ n: z.string().transform(Number).optional() }) },
    });
    const bob = await changing.person("bob");
    expect(await reasonOf(changing.services.accounts.setMetadataAsProgram(bob.id, { public: { n: "3" } }))).toBe(
      "bad_request",
    );
    await changing.close();
  });
});
