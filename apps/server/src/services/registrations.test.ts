import { describe, expect, test } from "vitest";
import type { IssuerOptions } from "../issuer-options.ts";
import { ISSUER, NOTES, openTestIssuer } from "./testing/test-issuer.ts";

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
