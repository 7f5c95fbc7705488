import { createGuard, type Facts, facts } from "@countersign/guard";
import { PUBLISHED_MS } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createIssuerGuard } from "../api/guard.ts";
import { FEED_PERMISSION } from "../api/permissions.ts";
import { createRouter } from "../api/router.ts";
import {
  ISSUER,
  NOTES,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  type TestIssuer,
} from "../services/testing/test-issuer.ts";
import { createFetch } from "./fetch.ts";
import { createPlugin } from "./plugin.ts";

type Send = (url: string, init: RequestInit) => Promise<Response>;

let issuer: TestIssuer;
let fastify: FastifyInstance;
/** The two ways to reach an issuer: over a connection, and as a host's own fetch handler. */
let ways: { readonly connection: Send; readonly handler: Send };
beforeEach(async () => {
  issuer = await openTestIssuer();
  const { services, verifier } = issuer;
  const guard = createIssuerGuard(verifier);
  const plugin = createPlugin({ services, verifier, api: { router: createRouter(guard, services), guard } });
  fastify = Fastify();
  await fastify.register(plugin);
  const address = await fastify.listen({ host: "127.0.0.1", port: 0 });
  const handler = createFetch({ issuer: ISSUER, plugin, logger: undefined });
  ways = {
    connection: (url, init) => fetch(url.replace(ISSUER, address), init),
    handler: (url, init) => handler(new Request(url, init)),
  };
});
afterEach(async () => {
  await fastify.close();
  await issuer.close();
});

/** An API elsewhere: it has the issuer's URL and a service's secret, and nothing of this process. */
async function openApi(send: Send) {
  const admin = await issuer.administrator();
  const { id, secret } = await issuer.services.servicePrincipals.create(
    { name: "notes", permissions: [{ audience: ISSUER, permission: FEED_PERMISSION }] },
    admin.actor,
  );
  const asked: string[] = [];
  const t = initTRPC.context<{ auth: Facts }>().create();
  const guard = createGuard(t, {
    issuer: ISSUER,
    audience: NOTES,
    permissions: ["notes:read"],
    revocation: { mode: "feed", credential: { id, secret: secret.secret } },
    world: issuer.world,
    fetch: (url, init) => {
      asked.push(new URL(url).pathname);
      return send(url, init);
    },
  });
  const router = guard.router({ who: guard.signedIn.query(({ ctx }) => ctx.principal.id) });
  const call = async ({ refreshToken }: Person) => {
    const refreshed = await issuer.services.sessions.refresh(
      { client: "cli", refreshToken, audiences: [NOTES] },
      SOMEBODY,
    );
    const token = refreshed.tokens[0]?.access_token ?? "";
    const request = { headers: { authorization: `Bearer ${token}` }, method: "GET" };
    const { kid, alg } = JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
    return {
      kid: String(kid),
      alg: String(alg),
      refreshToken: refreshed.refresh_token ?? "",
      who: () =>
        guard
          .createCallerFactory(router)({ auth: facts(request) })
          .who(),
    };
  };
  return { admin, asked, call, close: guard.close };
}

interface Cause {
  readonly cause: string;
  readonly reason: "session_ended" | "token_stale";
  readonly act: (them: { readonly ann: Person; readonly admin: Person }) => Promise<unknown>;
  /** Whether the next refresh gives a token that is good again. */
  readonly goesOn: boolean;
}

const READER = { name: "reader", description: "reads", permissions: [{ audience: NOTES, permission: "notes:read" }] };
const causes: readonly Cause[] = [
  {
    cause: "an account was disabled",
    reason: "session_ended",
    act: ({ ann, admin }) => issuer.services.accounts.disable(ann.id, admin.actor),
    goesOn: false,
  },
  {
    cause: "an account was deleted",
    reason: "session_ended",
    act: ({ ann, admin }) => issuer.services.accounts.remove(ann.id, admin.actor),
    goesOn: false,
  },
  {
    cause: "an administrator ended its sessions",
    reason: "session_ended",
    act: ({ ann, admin }) => issuer.services.accounts.endSessions(ann.id, admin.actor),
    goesOn: false,
  },
  {
    cause: "its password was changed, in this session",
    reason: "token_stale",
    act: ({ ann }) =>
      issuer.services.accounts.changePassword({ current: PASSWORD, next: "another long passphrase" }, ann.actor),
    goesOn: true,
  },
  {
    cause: "its password was changed, in another session",
    reason: "session_ended",
    act: async ({ ann }) => {
      const { actor } = await issuer.signIn(ann.email);
      await issuer.services.accounts.changePassword({ current: PASSWORD, next: "another long passphrase" }, actor);
    },
    goesOn: false,
  },
  {
    cause: "a role was taken from it",
    reason: "token_stale",
    act: ({ ann, admin }) => issuer.services.roles.revoke(ann.id, READER.name, admin.actor),
    goesOn: true,
  },
  {
    cause: "a role that it holds was narrowed",
    reason: "token_stale",
    act: ({ admin }) => issuer.services.roles.update({ ...READER, permissions: [] }, admin.actor),
    goesOn: true,
  },
];

describe("a guard elsewhere that reads the feed", () => {
  test.each(["connection", "handler"] as const)(
    "refuses a session from its sign-out on, and not those of others: by %s",
    async (way) => {
      const api = await openApi(ways[way]);
      const ann = await api.call(await issuer.person("ann"));
      const bob = await api.call(await issuer.person("bob"));
      expect(await ann.who()).toEqual(expect.any(String));
      const other = await bob.who();

      const signedOut = await ways[way](`${ISSUER}/session/end`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-countersign": "1" },
        body: JSON.stringify({ client: "cli", refresh_token: ann.refreshToken }),
      });
      expect(signedOut.status).toBe(204);
      await vi.waitFor(() => expect(ann.who()).rejects.toMatchObject({ cause: { reason: "session_ended" } }));
      expect(await bob.who()).toBe(other);
      // Nothing was asked for it: the issuer told, on the one connection that was open.
      expect(api.asked.filter((path) => path === "/feed")).toHaveLength(1);
      await api.close();
    },
  );

  test.each(causes)("server case 4, 5: refuses as $reason once $cause, and nobody else", async (row) => {
    const api = await openApi(ways.connection);
    const [ann, bob] = [await issuer.person("ann"), await issuer.person("bob")];
    await issuer.services.roles.create(READER, api.admin.actor);
    await issuer.services.roles.grant(ann.id, READER.name, api.admin.actor);
    const [anns, bobs] = [await api.call(ann), await api.call(bob)];
    expect(await anns.who()).toBe(ann.id);
    expect(await bobs.who()).toBe(bob.id);

    await row.act({ ann, admin: api.admin });
    await vi.waitFor(() => expect(anns.who()).rejects.toMatchObject({ cause: { reason: row.reason } }));
    expect(await bobs.who()).toBe(bob.id);
    const next = api.call({ ...ann, refreshToken: anns.refreshToken });
    if (row.goesOn) expect(await (await next).who()).toBe(ann.id);
    else await expect(next).rejects.toMatchObject({ reason: "invalid_grant" });
    await api.close();
  });
});

describe("a guard elsewhere, when the keys change", () => {
  const keySets = ({ asked }: { readonly asked: readonly string[] }) =>
    asked.filter((path) => path === "/.well-known/jwks.json").length;

  test("server case 6: that fetched them a second before lets tokens of the former and the next key in, and fetches nothing", async () => {
    await issuer.advance(PUBLISHED_MS);
    const api = await openApi(ways.connection);
    const ann = await issuer.person("ann");
    const before = await api.call(ann);
    expect(await before.who()).toBe(ann.id);
    issuer.world.advance(1000);
    const { current } = await issuer.services.keyRotation.rotate(api.admin.actor);
    const after = await api.call({ ...ann, refreshToken: before.refreshToken });
    expect(await after.who()).toBe(ann.id);
    expect(await before.who()).toBe(ann.id);
    expect(after.kid).toBe(current);
    expect(before.kid).not.toBe(current);
    expect(keySets(api)).toBe(1);
    await api.close();
  });

  test("ASVS 11.2.2: of another algorithm, that were published an hour before, goes on without looking for one", async () => {
    await (await openTestIssuer({ ...issuer.options, algorithm: "ES256" })).close();
    await issuer.advance(PUBLISHED_MS - 1000);
    await issuer.services.keys.reload();
    const api = await openApi(ways.connection);
    const ann = await issuer.person("ann");
    const before = await api.call(ann);
    expect(await before.who()).toBe(ann.id);
    issuer.world.advance(1000);
    await issuer.services.keyRotation.advance();
    const after = await api.call({ ...ann, refreshToken: before.refreshToken });
    expect(await after.who()).toBe(ann.id);
    expect([before.alg, after.alg]).toEqual(["EdDSA", "ES256"]);
    expect(await before.who()).toBe(ann.id);
    expect(keySets(api)).toBe(1);
    await api.close();
  });

  test("refuses everybody's tokens of a revoked key, and lets in each who has refreshed", async () => {
    const api = await openApi(ways.connection);
    const [ann, bob] = [await issuer.person("ann"), await issuer.person("bob")];
    const [anns, bobs] = [await api.call(ann), await api.call(bob)];
    expect([await anns.who(), await bobs.who()]).toEqual([ann.id, bob.id]);
    await issuer.services.keyRotation.revoke(anns.kid, api.admin.actor);
    for (const { who } of [anns, bobs]) {
      const refused = { cause: { reason: expect.stringMatching(/^(token_stale|unknown_key)$/) } };
      await vi.waitFor(() => expect(who()).rejects.toMatchObject(refused));
    }
    for (const [person, { refreshToken }] of [
      [ann, anns],
      [bob, bobs],
    ] as const) {
      expect(await (await api.call({ ...person, refreshToken })).who()).toBe(person.id);
    }
    // Once for the first token, and once because the issuer said that the set has changed.
    await vi.waitFor(() => expect(keySets(api)).toBe(2));
    await api.close();
  });
});
