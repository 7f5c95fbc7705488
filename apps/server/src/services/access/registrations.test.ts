import { createGuard, type Facts, facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { createIssuerGuard } from "../../api/guard.ts";
import { createRouter } from "../../api/router.ts";
import type { IssuerOptions } from "../../issuer-options.ts";
import { ISSUER, NOTES, openTestIssuer, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";

const its = { origins: ["https://app.example"], audiences: [NOTES] };
const app = { id: "app", name: "App", mode: "cookie", ...its } as const;

describe("an issuer", () => {
  test("registers the clients it is given beside its own", async () => {
    const issuer = await openTestIssuer({ clients: [app] });
    expect((await issuer.services.clients.list()).map(({ id, mode }) => [id, mode]).sort()).toEqual([
      ["app", "cookie"],
      ["cli", "storage"],
      ["console", "cookie"],
    ]);
    expect(await issuer.services.clients.byId("console")).toMatchObject({ origins: [ISSUER] });
    expect(await issuer.services.clients.byId("app")).toStrictEqual(app);
    expect(await issuer.services.clients.byId("__proto__")).toBeUndefined();
    await issuer.close();
  });

  const wrong: Readonly<Record<string, Partial<IssuerOptions>>> = {
    "an issuer without TLS": { issuer: "http://auth.example" },
    "an issuer with a slash at its end": { issuer: "https://auth.example/" },
    "an issuer with a query": { issuer: "https://auth.example?x" },
    "an issuer in capitals": { issuer: "https://AUTH.example" },
    "no master key": { masterKeys: [] },
    "a short master key": { masterKeys: [new Uint8Array(31)] },
    "a client in the place of ours": { clients: [{ ...app, id: "console" }] },
    "a client that fits no cookie's name": { clients: [{ ...app, id: "My App" }] },
    "an origin with a path": { clients: [{ ...app, origins: ["https://app.example/"] }] },
    "an origin without TLS": { clients: [{ ...app, origins: ["http://app.example"] }] },
    "an origin that is a pattern": { clients: [{ ...app, origins: ["https://*.example"] }] },
    "an app in a browser that keeps its own tokens": { clients: [{ ...app, mode: "storage" }] },
    "a client without an audience": { clients: [{ ...app, audiences: [] }] },
    "a client of an audience that is not registered": {
      clients: [{ ...app, audiences: ["https://elsewhere.example"] }],
    },
    "an audience without TLS": { audiences: [{ audience: "http://notes.example", permissions: [] }] },
    "an audience in the place of ours": { audiences: [{ audience: ISSUER, permissions: [] }] },
    "a permission that is no noun:verb": { audiences: [{ audience: NOTES, permissions: ["read notes"] }] },
    "a permission that is the issuer's already": { permissions: ["notes:read", "users:read"] },
    "a permission of its own that is no noun:verb": { permissions: ["read notes"] },
    "a role in the place of a built-in one": { roles: { administrator: { permissions: [] } } },
    "a role elsewhere in the place of a built-in one": {
      audiences: [{ audience: NOTES, permissions: [], roles: { member: { permissions: [] } } }],
    },
    "a role of permissions that nobody declared": {
      permissions: ["notes:read"],
      roles: { r: { permissions: ["a:b"] } },
    },
    "a role of another API's permissions": {
      permissions: ["notes:read"],
      audiences: [{ audience: NOTES, permissions: [], roles: { editor: { permissions: ["notes:read"] } } }],
    },
    "a role's name in capitals": { roles: { Editor: { permissions: [] } } },
    "tokens that live for ever": { lifetimes: { accessToken: 901 } },
    "tokens that do not live": { lifetimes: { accessToken: 0 } },
    "an idle time beyond the end": { lifetimes: { sessionIdle: 100, sessionAbsolute: 99 } },
    "a limit of nothing": { limits: { address: { most: 0, windowMs: 1000 } } },
  };
  test.each(Object.keys(wrong))("does not start with %s", async (what) => {
    await expect(openTestIssuer(wrong[what])).rejects.toThrow(TypeError);
  });

  test("says in a sentence what is wrong with an app's audiences", async () => {
    const elsewhere = openTestIssuer({ clients: [{ ...app, audiences: [ISSUER, "https://elsewhere.example"] }] });
    await expect(elsewhere).rejects.toThrow(
      'client "app": no audience "https://elsewhere.example" is registered; list it under audiences',
    );
  });

  test("says in a sentence which setting is wrong", async () => {
    const sentences: readonly [Partial<IssuerOptions>, string][] = [
      [{ permissions: ["notes:read", "read notes"] }, 'permissions[1]: "read notes" is not of the form noun:verb'],
      [{ permissions: ["users:read"] }, 'permissions: "users:read" is one of the issuer\'s own'],
      [{ roles: { member: { permissions: [] } } }, 'roles: "member" is built in'],
      [
        { audiences: [{ audience: "x", permissions: [] }] },
        "audiences[0].audience: has to be the API's public https URL",
      ],
      [{ audiences: [{ audience: ISSUER, permissions: [] }] }, `audiences[0]: "${ISSUER}" is the issuer's own`],
    ];
    for (const [options, sentence] of sentences) await expect(openTestIssuer(options)).rejects.toThrow(sentence);
  });

  test("gives its own clients every audience, those of other instances too, its own first", async () => {
    const issuer = await openTestIssuer();
    const other = await openTestIssuer({
      database: issuer.options.database,
      audiences: [{ audience: "https://a.example", permissions: [] }],
    });
    for (const id of ["console", "cli"]) {
      expect((await other.services.clients.byId(id))?.audiences).toEqual([ISSUER, "https://a.example", NOTES]);
    }
    await Promise.all([issuer.close(), other.close()]);
  });

  test("takes http on the loopback for apps in development", async () => {
    const issuer = await openTestIssuer({
      clients: [
        {
          ...app,
          origins: ["http://localhost:5173", "http://127.0.0.1:5173"],
          audiences: ["http://localhost:4000"],
        },
      ],
      audiences: [{ audience: "http://localhost:4000", permissions: ["notes:read"] }],
    });
    await issuer.close();
  });
});

describe("access that is declared in code", () => {
  const own = {
    permissions: ["notes:read", "notes:write"],
    roles: { editor: { permissions: ["notes:read", "notes:write"] }, support: { permissions: ["users:read"] } },
  };
  const rolesOf = async (issuer: TestIssuer) =>
    Object.fromEntries(
      (await issuer.services.roles.list()).map(({ name, permissions }) => [
        name,
        permissions.map(({ permission }) => permission),
      ]),
    );
  const pushed = async ({ store }: TestIssuer) =>
    (await store.audit.list({ limit: 100, event: "access.pushed" })).map(({ subject }) => subject).sort();

  test("for routers in the same process makes one token good for both, each guard reading its own permissions", async () => {
    const issuer = await openTestIssuer({ ...own, audiences: [] });
    const [admin, ann] = [await issuer.administrator(), await issuer.person("ann")];
    for (const role of ["editor", "support"]) await issuer.services.roles.grant(ann.id, role, admin.actor);
    const { tokens } = await issuer.services.sessions.refresh(
      { client: "cli", refreshToken: ann.refreshToken },
      SOMEBODY,
    );
    expect(tokens).toMatchObject([{ audience: ISSUER, scope: "notes:read notes:write users:read" }]);

    const t = initTRPC.context<{ auth: Facts }>().create();
    const guard = createGuard(t, { issuer: issuer.verifier, permissions: own.permissions });
    const { router, allowed, signedIn, createCallerFactory } = guard;
    const app = router({
      mine: signedIn.query(({ ctx }) => [...ctx.principal.permissions].sort()),
      write: allowed("notes:write").mutation(() => "written"),
    });
    const callAs = (token = "") =>
      createCallerFactory(app)({ auth: facts(new Headers({ authorization: `Bearer ${token}` })) });
    expect(await callAs(tokens[0]?.access_token).write()).toBe("written");
    expect(await callAs(tokens[0]?.access_token).mine()).toEqual(own.permissions);
    await expect(callAs(admin.accessToken).write()).rejects.toMatchObject({ code: "FORBIDDEN" });

    const api = createIssuerGuard(issuer.verifier);
    const caller = api.createCallerFactory(createRouter(api, issuer.services))({
      auth: facts(new Headers({ authorization: `Bearer ${tokens[0]?.access_token}` })),
      caller: SOMEBODY,
      calls: 1,
      origin: null,
      identified: () => {},
    });
    expect((await caller.access.mine()).permissions).toEqual(["users:read"]);
    expect(await caller.users.list()).toHaveLength(2);
    await issuer.close();
  });

  test("is added to what is known, by every start, and takes nothing away", async () => {
    const first = await openTestIssuer({
      ...own,
      audiences: [{ audience: NOTES, permissions: ["a:read", "a:write"] }],
    });
    const admin = await first.administrator();
    const mine = [
      { audience: ISSUER, permission: "audit:read" },
      { audience: ISSUER, permission: "notes:read" },
    ];
    await first.services.roles.update({ name: "editor", description: "Mine", permissions: mine }, admin.actor);
    const later = await openTestIssuer({
      database: first.options.database,
      permissions: ["notes:read", "notes:share"],
      roles: { editor: { description: "Theirs", permissions: ["notes:read", "notes:share"] } },
      audiences: [{ audience: NOTES, permissions: ["a:share"], roles: { sharer: { permissions: ["a:share"] } } }],
    });
    expect((await later.store.audiences.byId(NOTES))?.permissions).toEqual(["a:read", "a:write", "a:share"]);
    expect((await later.store.audiences.byId(ISSUER))?.permissions).toEqual(
      expect.arrayContaining(["users:read", "notes:read", "notes:write", "notes:share"]),
    );
    expect(await rolesOf(later)).toMatchObject({
      editor: ["audit:read", "notes:read", "notes:share"],
      sharer: ["a:share"],
      support: ["users:read"],
      member: [],
    });
    expect((await later.store.roles.byName("editor"))?.description).toBe("Mine");
    expect((await rolesOf(later))["administrator"]).not.toContain("notes:read");
    expect(await pushed(later)).toEqual([ISSUER, ISSUER, NOTES, NOTES]);
    const again = await openTestIssuer({ ...later.options });
    expect(await pushed(again)).toHaveLength(4);
    await Promise.all([first.close(), later.close(), again.close()]);
  });

  test("is written down as a whole or not at all", async () => {
    const issuer = await openTestIssuer({ audiences: [] });
    const known = async () => [await issuer.store.audiences.list(), await rolesOf(issuer), await pushed(issuer)];
    const before = await known();
    const wrong = { ...app, audiences: ["https://elsewhere.example"] };
    const { database } = issuer.options;
    await expect(openTestIssuer({ ...own, database, clients: [wrong] })).rejects.toThrow("https://elsewhere.example");
    expect(await known()).toEqual(before);
    await issuer.close();
  });
});
