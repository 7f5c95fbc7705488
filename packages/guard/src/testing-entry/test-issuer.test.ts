import { generateKey } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { NOW } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { refusalIn, send } from "../test-support/send.ts";
import { type TestIssuer, testIssuer } from "../testing.ts";

const API = "https://api.acme.example";
const t = initTRPC.context<{ auth: Facts }>().create();
const common = {
  permissions: ["notes:read", "notes:write"],
  claims: z.object({ plan: z.string().default("free") }),
} as const;

const apiOf = (guard: ReturnType<typeof local>) =>
  guard.router({
    me: guard.signedIn.query(({ ctx }) => ({ ...ctx.principal, permissions: [...ctx.principal.permissions] })),
    read: guard.allowed("notes:read").query(({ ctx }) => ctx.principal.id),
  });
const local = (issuer: TestIssuer) => createGuard(t, { ...common, issuer: issuer.verifier });
const remote = ({ issuer, audience, fetch }: TestIssuer): ReturnType<typeof local> =>
  createGuard(t, { ...common, issuer, audience, fetch, revocation: { mode: "until-expiry" } });

describe.each([
  ["in the same process", local],
  ["by its URL", remote],
])("an issuer for other people's tests, known %s", (_how, guardOf) => {
  test("its tokens are real ones, and say what the test says", async () => {
    const issuer = await testIssuer({ audience: API });
    const router = apiOf(guardOf(issuer));
    const given = { session: "s", org: "acme", client: "cli", authTime: 7, amr: ["pwd"], acr: "2fa" } as const;
    const token = await issuer.token({
      account: "ann",
      permissions: ["notes:read"],
      claims: { plan: "pro" },
      ...given,
    });
    const answer = await send(router, "me", { token });
    expect(answer.body.result?.data).toEqual({
      kind: "account",
      id: "ann",
      permissions: ["notes:read"],
      claims: { plan: "pro" },
      ...given,
    });
    const nightly = await issuer.token({ service: "nightly", permissions: ["notes:read"] });
    expect((await send(router, "read", { token: nightly })).body.result?.data).toBe("nightly");
    expect(refusalIn(await send(router, "read", { token: await issuer.token({ account: "bob" }) })).reason).toBe(
      "not_permitted",
    );
  });

  test("what it did not sign is refused, and what it signed for others", async () => {
    const issuer = await testIssuer({ audience: API });
    const router = apiOf(guardOf(issuer));
    const stranger = await testIssuer({ audience: API });
    const forged = await stranger.token({ account: "ann" });
    expect(refusalIn(await send(router, "me", { token: forged })).reason).toBe("unknown_key");
    const elsewhere = await issuer.token({ account: "ann" }, { audience: "https://other.example" });
    expect(refusalIn(await send(router, "me", { token: elsewhere })).reason).toBe("token_invalid");
    const good = await issuer.token({ account: "ann" });
    expect(refusalIn(await send(router, "me", { token: `${good.slice(0, -4)}AAAA` })).reason).toBe("token_invalid");
  });

  test("another key signs after a rotation, and the former one's tokens go on", async () => {
    const issuer = await testIssuer({ audience: API, key: await generateKey("ES256") });
    const router = apiOf(guardOf(issuer));
    const before = await issuer.token({ account: "ann" });
    await issuer.rotate();
    const after = await issuer.token({ account: "ann" });
    const kid = (token: string) => JSON.parse(atob(token.split(".")[0] ?? "")).kid;
    expect(kid(after)).not.toBe(kid(before));
    for (const token of [before, after]) expect((await send(router, "me", { token })).status).toBe(200);
  });
});

describe("what an issuer in the test's process does beside that", () => {
  test("it ends sessions, and makes the tokens of an account or a service stale, but not later ones", async () => {
    const issuer = await testIssuer();
    const guard = local(issuer);
    const router = apiOf(guard);
    const status = async (token: string) => refusalIn(await send(router, "read", { token })).reason ?? "served";
    const permissions = ["notes:read"] as const;
    const mint = {
      ann: () => issuer.token({ account: "ann", permissions }),
      other: () => issuer.token({ account: "ann", permissions, session: "other" }),
      nightly: () => issuer.token({ service: "nightly", permissions }),
    };
    const [ann, other, nightly] = [await mint.ann(), await mint.other(), await mint.nightly()];
    issuer.revoke({ session: "other" });
    expect([await status(ann), await status(other)]).toEqual(["served", "session_ended"]);
    issuer.revoke({ account: "ann" });
    issuer.revoke({ account: "ann" });
    expect([await status(ann), await status(await mint.ann())]).toEqual(["token_stale", "served"]);
    expect(await status(nightly)).toBe("served");
    issuer.revoke({ service: "nightly" });
    expect([await status(nightly), await status(await mint.nightly())]).toEqual(["token_stale", "served"]);
  });

  test("a token ends when the test says", async () => {
    let now = NOW;
    const world = { now: () => now, random: (bytes: number) => new Uint8Array(bytes) };
    const issuer = await testIssuer({ audience: API, world });
    const router = apiOf(createGuard(t, { ...common, issuer: issuer.verifier, world }));
    const [short, over] = [
      await issuer.token({ account: "ann" }, { expiresIn: 1 }),
      await issuer.token({ account: "ann" }, { expiresIn: -30 }),
    ];
    expect((await send(router, "me", { token: short })).status).toBe(200);
    expect(refusalIn(await send(router, "me", { token: over })).reason).toBe("token_expired");
    now += 31_000;
    expect(refusalIn(await send(router, "me", { token: short })).reason).toBe("token_expired");
  });

  test("it can forget its former keys, and their tokens are refused", async () => {
    const issuer = await testIssuer();
    const router = apiOf(local(issuer));
    const token = await issuer.token({ account: "ann" });
    await issuer.rotate({ forget: true });
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("unknown_key");
  });

  test("an audience that it was given is that of the guards it is given to", async () => {
    const issuer = await testIssuer({ audience: API });
    const options = { ...common, issuer: issuer.verifier } as const;
    expect(() => createGuard(t, { ...options, audience: "https://other.example" })).toThrow("audience: the verifier");
    expect(createGuard(t, { ...options, audience: API })).toHaveProperty("router");
  });

  test("it answers for its documents and for nothing else", async () => {
    const issuer = await testIssuer({ issuer: "https://issuer.test/tenant" });
    const get = (url: string) => issuer.fetch(url, {});
    const metadata = await get("https://issuer.test/.well-known/oauth-authorization-server/tenant");
    const jwks = "https://issuer.test/tenant/.well-known/jwks.json";
    expect(await metadata.json()).toEqual({ issuer: issuer.issuer, jwks_uri: jwks });
    expect(await (await get(jwks)).json()).toEqual({ keys: [expect.not.objectContaining({ d: expect.anything() })] });
    expect((await get("https://issuer.test/")).status).toBe(404);
  });

  test("a token that no issuer would sign is not signed", async () => {
    const issuer = await testIssuer();
    await expect(issuer.token({ account: "ann" }, { expiresIn: 901 })).rejects.toThrow("life out of bounds");
    await expect(issuer.token({ account: "ann", claims: { sub: "root" } })).rejects.toThrow("reserved claim name");
  });
});
