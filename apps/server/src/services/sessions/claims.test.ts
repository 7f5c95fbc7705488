import { isAccountClaims, Refusal } from "@countersign/tokens";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { IssuerOptions } from "../../issuer-options.ts";
import { nextGeneration } from "../testing/next-generation.ts";
import { reasonOf } from "../testing/reason-of.ts";
import {
  ISSUER,
  NOTES,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "../testing/test-issuer.ts";
import { MAX_CLAIMS_BYTES } from "./claims.ts";

type Claims = NonNullable<IssuerOptions["claims"]>;

let issuer: TestIssuer;
afterEach(() => issuer.close());

const open = async (claims: Claims, more: Partial<IssuerOptions> = {}) => {
  issuer = await openTestIssuer({
    clients: [{ id: "app", name: "App", mode: "storage", origins: [], audiences: [ISSUER, NOTES] }],
    claims,
    ...more,
  });
};
const anything = z.record(z.string(), z.unknown());
const extOf = async (token = "", audience = ISSUER) => {
  const { claims } = await issuer.verifier.verify(token, audience);
  return isAccountClaims(claims) ? claims.ext : undefined;
};
const refresh = (refreshToken = "") => issuer.services.sessions.refresh({ client: "cli", refreshToken }, SOMEBODY);
const refused = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.catch((thrown: unknown) => thrown);
  if (!(error instanceof Refusal)) throw new Error("not refused");
  return error;
};
const sessionOf = (person: Person) => issuer.store.sessions.byId(person.reply.session);

describe("the installation's own claims", () => {
  test("stand under one name, for each audience what it is told, and nothing that the schema does not name", async () => {
    await open({
      schema: z.object({ plan: z.enum(["free", "pro"]), for: z.string(), seats: z.number().default(1) }),
      of: async ({ account, audience }) => ({ plan: "pro", for: audience, passwordHash: account }),
    });
    const ann = await issuer.person("ann");
    expect(await extOf(ann.accessToken)).toEqual({ plan: "pro", for: ISSUER, seats: 1 });
    const credentials = { email: ann.email, password: PASSWORD };
    const at = { client: "app", origin: null };
    const { handoff } = await issuer.services.signIn.run("password", credentials, at, SOMEBODY);
    const { tokens } = await issuer.services.sessions.start({ ...at, handoff, audiences: [NOTES, ISSUER] }, SOMEBODY);
    expect(await extOf(tokens[0]?.access_token, NOTES)).toMatchObject({ for: NOTES });
    expect(await extOf(tokens[1]?.access_token, ISSUER)).toMatchObject({ for: ISSUER });
  });

  test("follow the account's metadata from the next refresh on", async () => {
    await open(
      { schema: anything, of: ({ metadata }) => ({ ...metadata.public, ...metadata.private }) },
      {
        metadata: {
          public: z.object({ plan: z.string().default("free") }),
          private: z.object({ risk: z.int().default(0) }),
        },
      },
    );
    const ann = await issuer.person("ann");
    expect(await extOf(ann.accessToken)).toEqual({ plan: "free", risk: 0 });
    await issuer.services.accounts.setMetadataAsProgram(ann.id, { public: { plan: "pro" } });
    await issuer.judge(ann.accessToken);
    const { tokens } = await refresh(ann.refreshToken);
    expect(await extOf(tokens[0]?.access_token)).toEqual({ plan: "pro", risk: 0 });
  });

  test("are looked for with no transaction open: their source may ask the issuer, and take its time", async () => {
    let asking: () => Promise<unknown> = async () => undefined;
    await open({
      schema: anything,
      of: async ({ account }) => {
        await asking();
        return { name: (await issuer?.services.accounts.get({ id: account }))?.name };
      },
    });
    const ann = await issuer.person("ann");
    expect(await extOf(ann.accessToken)).toEqual({ name: "ann" });
    // While the claims of one are looked for, others sign in over the same single connection.
    asking = async () => {
      asking = async () => undefined;
      await issuer.person("bob");
    };
    await refresh(ann.refreshToken);
  });

  test("of a version of the account that is no longer its newest are looked for again", async () => {
    let interfering: string | undefined;
    const asked: number[] = [];
    await open({
      schema: anything,
      of: async ({ account }) => {
        if (interfering) {
          const change = { narrowed: true };
          interfering = undefined;
          await issuer.services.accounts.setMetadataAsProgram(account, change);
        }
        asked.push(asked.length);
        return { asked: asked.length };
      },
    });
    const ann = await issuer.person("ann");
    interfering = ann.id;
    const { tokens } = await refresh(ann.refreshToken);
    expect(await extOf(tokens[0]?.access_token)).toEqual({ asked: 3 });
    await issuer.judge(tokens[0]?.access_token ?? "");
  });

  const bad: [string, Claims["of"], RegExp][] = [
    ["do not fit their schema", () => ({ plan: 1 }), /do not fit/],
    [
      "cannot be found",
      () => Promise.reject(Object.assign(new Error("no"), { statusCode: 404 })),
      /could not be found/,
    ],
    ["are no JSON", () => ({ plan: "pro", since: new Date(0) }), /do not fit/],
    ["are too long", () => ({ plan: "x".repeat(MAX_CLAIMS_BYTES) }), /longer than 2048 bytes/],
  ];
  test.each(bad)("that %s refuse the refresh as internal, and change nothing", async (_what, of, detail) => {
    let broken = false;
    const schema = z.looseObject({ plan: z.string() });
    await open({ schema, of: (subject) => (broken ? of(subject) : { plan: "pro" }) });
    const ann = await issuer.person("ann");
    const before = await sessionOf(ann);
    broken = true;
    issuer.world.advance(60_000);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      expect(await refused(refresh(ann.refreshToken))).toMatchObject({
        reason: "internal",
        detail: expect.stringMatching(detail),
      });
    }
    expect(await sessionOf(ann)).toEqual(before);
    broken = false;
    expect(await extOf((await refresh(ann.refreshToken)).tokens[0]?.access_token)).toEqual({ plan: "pro" });
  });

  test("that cannot be found refuse a sign-in without a trace: its handoff stays good", async () => {
    let broken = true;
    await open({ schema: anything, of: () => (broken ? Promise.reject(new Error("no")) : {}) });
    const account = { email: "ann@example.com", name: "Ann", password: PASSWORD };
    const { handoff } = await issuer.services.signUps.signUp(account, TERMINAL, SOMEBODY);
    const start = () => issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
    expect(await refused(start())).toMatchObject({ reason: "internal", cause: expect.any(Error) });
    expect(await issuer.store.audit.list({ limit: 10, event: "session.started" })).toEqual([]);
    broken = false;
    await start();
  });

  test("that are never found are given up after 5 s", { timeout: 20_000 }, async () => {
    await open({ schema: anything, of: () => new Promise<object>(() => {}) });
    expect(await refused(issuer.person("ann"))).toMatchObject({
      reason: "internal",
      cause: expect.objectContaining({ message: "not done within 5000 ms" }),
    });
  });

  test("whose source refuses are refused for its reason", async () => {
    await open({ schema: anything, of: () => Promise.reject(new Refusal("not_permitted")) });
    expect(await reasonOf(issuer.person("ann"))).toBe("not_permitted");
  });

  test("a stolen refresh token ends its session also while no claims can be found", async () => {
    let broken = false;
    await open({ schema: anything, of: () => (broken ? Promise.reject(new Error("no")) : {}) });
    const ann = await issuer.person("ann");
    for (let times = 0; times < 2; times += 1) await nextGeneration(issuer.store, ann.reply.session);
    broken = true;
    expect(await reasonOf(refresh(ann.refreshToken))).toBe("invalid_grant");
    expect(await sessionOf(ann)).toMatchObject({ endCause: "reuse" });
  });

  test.each(["scope", "sub", "exp", "acr", "roles", "constructor"])(
    "corpus 35: cannot take the name %s, in a token or in a schema",
    async (name) => {
      await open({ schema: anything, of: () => ({ [name]: "users:write" }) });
      expect(await refused(issuer.person("ann"))).toMatchObject({
        reason: "internal",
        detail: expect.stringContaining(name),
      });
      const claims = { schema: z.object({ [name]: z.string() }), of: () => ({}) };
      await expect(openTestIssuer({ claims })).rejects.toThrow(`claims.schema: "${name}" is a reserved claim name`);
    },
  );

  test("corpus 60: lose a __proto__, and gain nothing by it", async () => {
    await open({
      schema: anything,
      of: () => JSON.parse('{"a":{"__proto__":{"admin":true}},"__proto__":{"admin":true}}'),
    });
    const ann = await issuer.person("ann");
    expect(JSON.stringify(await extOf(ann.accessToken))).toBe('{"a":{}}');
  });

  test("that a guard would read otherwise than they were meant are refused when they are made", async () => {
    await open({ schema: z.object({ seats: z.string().transform(Number) }), of: () => ({ seats: "3" }) });
    expect(await reasonOf(issuer.person("ann"))).toBe("internal");
  });

  test("options that make no sense do not start", async () => {
    await open({ schema: anything, of: () => ({}) });
    for (const claims of [{}, { schema: anything }, { of: () => ({}) }, { schema: anything, of: {} }]) {
      await expect(openTestIssuer({ claims: claims as never })).rejects.toThrow(/^claims\.(schema|of): /);
    }
    await expect(openTestIssuer({ claims: (() => ({})) as never })).rejects.toThrow(/^claims: /);
  });
});
