import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE, ISSUER } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import { callAs } from "../testing.ts";

const t = initTRPC.context<{ auth: Facts }>().create();
let fetched = 0;
const guard = createGuard(t, {
  issuer: ISSUER,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:write"],
  revocation: { mode: "until-expiry" },
  fetch: () => {
    fetched += 1;
    return Promise.reject(new Error("nobody is to be asked"));
  },
  claims: z.object({ plan: z.enum(["free", "pro"]).default("free") }),
  enrich: (principal) => ({ label: `${principal.kind} ${principal.id}` }),
});
const router = guard.router({
  open: guard.open("x").query(() => "open"),
  greet: guard.open.orSignedIn("x").query(({ ctx }) => ctx.principal?.id ?? "stranger"),
  me: guard.signedIn.query(({ ctx }) => ctx.principal),
  read: guard.allowed("notes:read").query(({ ctx }) => ctx.label),
  write: guard.allowed("notes:write").mutation(() => "written"),
});
const createCaller = guard.createCallerFactory(router);
const ann = (changes: object = {}) => createCaller({ auth: callAs({ account: "ann", ...changes }) });

describe("calling as somebody, without HTTP", () => {
  test("an account is who the test says, with what an ordinary sign-in says of it, and nobody is asked", async () => {
    const before = Math.floor(Date.now() / 1000);
    const me = await ann({ permissions: ["notes:read"] }).me();
    expect(me).toMatchObject({ kind: "account", id: "ann", client: "test", session: "session-of-ann", org: null });
    expect(me).toMatchObject({ amr: ["pwd"], acr: "1fa", claims: { plan: "free" } });
    expect(me.authTime).toBeGreaterThanOrEqual(before);
    expect([...me.permissions]).toEqual(["notes:read"]);
    expect(fetched).toBe(0);
  });

  test("an account has the session, the organisation, the factors and the time that the test gives it", async () => {
    const given = { session: "s", org: "acme", client: "cli", authTime: 7, amr: ["pwd", "otp"], acr: "2fa" } as const;
    expect(await ann(given).me()).toMatchObject(given);
  });

  test("own claims are read by the guard's schema, as a token's are, and stay the test's own", async () => {
    const claims = { plan: "pro" };
    expect((await ann({ claims }).me()).claims).toEqual({ plan: "pro" });
    expect(Object.isFrozen(claims)).toBe(false);
    await expect(ann({ claims: { plan: "root" } }).me()).rejects.toMatchObject({ cause: { reason: "token_invalid" } });
  });

  test("policies and enrich are what they always are", async () => {
    expect(await ann({ permissions: ["notes:read"] }).read()).toBe("account ann");
    await expect(ann({ permissions: ["notes:read"] }).write()).rejects.toMatchObject({
      code: "FORBIDDEN",
      cause: { reason: "not_permitted" },
    });
    expect(await ann().greet()).toBe("ann");
    expect(await ann().open()).toBe("open");
    const nightly = createCaller({ auth: callAs({ service: "nightly", permissions: ["notes:read"] }) });
    expect(await nightly.read()).toBe("service nightly");
    await expect(nightly.me()).rejects.toMatchObject({ cause: { reason: "account_required" } });
  });

  test("a permission that is misspelt fails loudly, not as one that is missing", async () => {
    await expect(ann({ permissions: ["notes:raed"] }).read()).rejects.toMatchObject({
      cause: { reason: "internal", cause: { message: '"notes:raed" is none of this API\'s permissions' } },
    });
  });

  test("nobody has no name", () => {
    expect(() => callAs({ account: "" })).toThrow("account, service: whoever calls needs a name");
    expect(() => callAs({} as never)).toThrow(TypeError);
  });
});

describe("what no request can reach", () => {
  const root = join(import.meta.dirname, "..");
  const source = (file: string) => readFileSync(join(root, file), "utf8");
  const importsOf = (file: string) =>
    [...source(file).matchAll(/from "(\.{1,2}\/[\w/.-]+\.ts)"/g)].map(([, name = ""]) => join(dirname(file), name));

  test("facts that speak for somebody are made by callAs and asService alone, of no header", () => {
    const files = readdirSync(root, { encoding: "utf8", recursive: true }).filter((name) => /^[\w/-]+\.ts$/.test(name));
    const makers = files.filter((file) => /\bvouch\(/.test(source(file)) && file !== "decision/vouched.ts");
    expect(makers.sort()).toEqual(["as-service.ts", "testing-entry/call-as.ts"]);
    expect(() => facts(callAs({ account: "ann" }) as never)).toThrow("facts() takes a request");
  });

  test("whoever imports the guard does not import the testing entry", () => {
    const reached = new Set(["index.ts"]);
    for (const file of reached) for (const name of importsOf(file)) reached.add(name);
    expect(reached).toContain("decision/vouched.ts");
    const testing = ["testing.ts", ...importsOf("testing.ts")];
    expect(testing.map((file) => basename(file))).toEqual(["testing.ts", "call-as.ts", "callers.ts", "test-issuer.ts"]);
    expect(testing.filter((file) => reached.has(file))).toEqual([]);
  });
});
