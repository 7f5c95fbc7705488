import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { AUDIENCE } from "../../tokens/src/testing/forge.ts";
import { createGuard } from "./guard.ts";
import { type Facts, facts } from "./request/facts.ts";
import { createDesk } from "./test-support/desk.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().create();

function createApi() {
  const guard = createGuard(t, {
    issuer: desk.verifier,
    audience: AUDIENCE,
    permissions: ["notes:read", "notes:purge"],
    world: desk.world,
    enrich: (principal) => ({ label: `${principal.kind} ${principal.id}` }),
  });
  const router = guard.router({
    open: guard.open("x").query(() => "open"),
    greet: guard.open.orSignedIn("x").query(() => "greeted"),
    me: guard.signedIn.query(() => "ran"),
    read: guard.allowed("notes:read").query(() => "ran"),
    purge: guard.allowed("notes:purge").mutation(({ ctx }) => [ctx.label, ctx.principal.client]),
  });
  return { guard, call: (auth: Facts) => guard.createCallerFactory(router)({ auth }) };
}

const { guard, call } = createApi();
const nightly = () => guard.asService("nightly", { permissions: ["notes:purge"] });

describe("a job in the guard's own process", () => {
  test("calls as a service of its name, and nothing is verified", async () => {
    expect(await call(nightly()).purge()).toEqual(["service nightly", "nightly"]);
    expect(desk.lookups()).toBe(0);
  });

  test("may do what it was given, and nothing else", async () => {
    await expect(call(nightly()).read()).rejects.toMatchObject({
      code: "FORBIDDEN",
      cause: { reason: "not_permitted" },
    });
  });

  test("is no account", async () => {
    const { me, greet, open } = call(nightly());
    await expect(me()).rejects.toMatchObject({ cause: { reason: "account_required" } });
    await expect(greet()).rejects.toMatchObject({ cause: { reason: "account_required" } });
    expect(await open()).toBe("open");
  });

  test("is believed by its own guard alone, even where both guards are alike", async () => {
    const other = createApi();
    await expect(other.call(nightly()).purge()).rejects.toMatchObject({ cause: { reason: "token_invalid" } });
    await expect(other.call(nightly()).greet()).rejects.toMatchObject({ cause: { reason: "token_invalid" } });
  });

  test("needs a name, and permissions of this API", () => {
    const loose = guard.asService as (name: unknown, rights: { permissions: string[] }) => Facts;
    expect(() => loose("", { permissions: ["notes:read"] })).toThrow("asService: a job needs a name");
    expect(() => loose(undefined, { permissions: ["notes:read"] })).toThrow(TypeError);
    expect(() => loose("nightly", { permissions: [] })).toThrow("asService: name at least one");
    expect(() => loose("nightly", { permissions: ["notes:raed"] })).toThrow('asService: "notes:raed"');
  });

  test("keeps what it was given, whatever becomes of the list", async () => {
    const permissions: ("notes:read" | "notes:purge")[] = ["notes:purge"];
    const auth = guard.asService("nightly", { permissions });
    permissions.push("notes:read");
    await expect(call(auth).read()).rejects.toMatchObject({ cause: { reason: "not_permitted" } });
  });

  test("cannot be copied or sent: only the very facts are believed", async () => {
    const auth = nightly();
    expect(() => facts(auth as never)).toThrow("facts() takes a request");
    for (const copy of [structuredClone(auth), JSON.parse(JSON.stringify(auth)), Object.create(auth), { ...auth }]) {
      await expect(call(copy).purge()).rejects.toMatchObject({ cause: { reason: "internal" } });
    }
  });
});
