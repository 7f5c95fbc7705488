import { Refusal } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUDIENCE } from "../../tokens/src/testing/forge.ts";
import { createGuard } from "./guard.ts";
import { type Facts, facts } from "./request/facts.ts";
import { createDesk } from "./test-support/desk.ts";

describe("where a polyfill has replaced Promise", () => {
  const native = globalThis.Promise;
  beforeAll(() => {
    globalThis.Promise = class Replaced<T> extends native<T> {};
  });
  afterAll(() => {
    globalThis.Promise = native;
  });

  async function createApi(changes: { enrich?: () => Promise<object>; dpop?: true } = {}) {
    const desk = await createDesk();
    const t = initTRPC.context<{ auth: Facts }>().create();
    const guard = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["notes:read"],
      world: desk.world,
      ...(changes.enrich && { enrich: changes.enrich }),
      ...(changes.dpop && { dpop: { publicUrl: "https://api.example/trpc" } }),
    });
    const router = guard.router({
      greet: guard.open.orSignedIn("public").query(({ ctx }) => ctx.principal?.id ?? "stranger"),
      me: guard.signedIn.query(({ ctx }) => ctx.principal.id),
    });
    const caller = (token?: string) =>
      guard.createCallerFactory(router)({
        auth: facts(new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })),
      });
    return { caller, token: await desk.account() };
  }
  const refused = (reason: string) => ({ cause: { reason } });

  test("promises of async functions are no instances of it", () => {
    expect((async () => 1)()).not.toBeInstanceOf(Promise);
  });

  test.each([false, true])("who is known and who is not are told apart, with proofs: %s", async (dpop) => {
    const { caller, token } = await createApi(dpop ? { dpop } : {});
    expect(await caller().greet()).toBe("stranger");
    expect(await caller(token).greet()).toBe("ann");
    await expect(caller("forged").greet()).rejects.toMatchObject(refused("token_invalid"));
    await expect(caller().me()).rejects.toMatchObject(refused("no_token"));
    await expect(caller("forged").me()).rejects.toMatchObject(refused("token_invalid"));
    expect(await caller(token).me()).toBe("ann");
  });

  test("an enrichment that refuses is waited for", async () => {
    const { caller, token } = await createApi({ enrich: () => Promise.reject(new Refusal("not_permitted")) });
    const me = async () => await caller(token).me();
    await expect(me()).rejects.toMatchObject(refused("not_permitted"));
    // The second time its token is known, and everything but the enrichment is there at once.
    await expect(me()).rejects.toMatchObject(refused("not_permitted"));
  });
});
