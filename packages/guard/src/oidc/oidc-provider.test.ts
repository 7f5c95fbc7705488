import { initTRPC } from "@trpc/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { type OidcIssuer, startOidcIssuer } from "../test-support/oidc-issuer.ts";
import { refusalIn, send } from "../test-support/send.ts";
import { oidcVerifier } from "./oidc-verifier.ts";

const AUDIENCE = "https://api.acme.example";
const t = initTRPC.context<{ auth: Facts }>().create();

describe.each([
  ["RS256", "https://idp.example"],
  ["PS256", "https://idp.example"],
  ["ES256", "https://idp.example/tenant"],
  ["EdDSA", "https://idp.example"],
] as const)("before oidc-provider, which signs with %s at %s", (alg, issuer) => {
  let idp: OidcIssuer;
  beforeAll(async () => {
    idp = await startOidcIssuer({ issuer, audience: AUDIENCE, alg });
  });
  afterAll(() => idp.close());

  const createApi = (permissions: "scope" | "plan" = "scope") => {
    const guard = createGuard(t, {
      issuer: oidcVerifier({
        issuer,
        audience: AUDIENCE,
        permissions,
        isService: "sub-is-client",
        fetch: idp.fetch,
        revocation: { mode: "until-expiry" },
      }),
      permissions: ["notes:read", "notes:write"],
      claims: z.object({ plan: z.literal("pro") }),
    });
    return guard.router({
      me: guard.signedIn.query(({ ctx: { principal } }) => ({ ...principal, permissions: [...principal.permissions] })),
      read: guard.allowed("notes:read").query(({ ctx }) => ctx.principal.id),
      write: guard.allowed("notes:write").query(({ ctx }) => ctx.principal.id),
    });
  };

  test("RFC 9068 4: a person's token is an account's, with the permissions that it carries", async () => {
    const { accessToken: token } = await idp.signIn("ann", "notes:read");
    const router = createApi();
    expect((await send(router, "me", { token })).body.result?.data).toMatchObject({
      kind: "account",
      id: "ann",
      client: "app",
      permissions: ["notes:read"],
      claims: { plan: "pro" },
      session: null,
      org: null,
      amr: [],
      acr: "1fa",
    });
    expect((await send(router, "read", { token })).status).toBe(200);
    expect(refusalIn(await send(router, "write", { token })).reason).toBe("not_permitted");
    expect(refusalIn(await send(createApi("plan"), "read", { token })).reason).toBe("not_permitted");
  });

  test("a program's token is a service's", async () => {
    const token = await idp.clientCredentials("notes:write");
    const router = createApi();
    expect((await send(router, "write", { token })).body.result?.data).toBe("nightly");
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("account_required");
  });

  test("RFC 9068 5: the ID token of the same sign-in is no access token, however lax the settings", async () => {
    const { idToken: token } = await idp.signIn("ann", "notes:read");
    expect(refusalIn(await send(createApi(), "me", { token })).reason).toBe("token_invalid");
    for (const audience of [AUDIENCE, "app"]) {
      for (const typ of ["JWT", null] as const) {
        const lax = { issuer, audience, typ, permissions: "scope", severalAudiences: true, client: "sub" } as const;
        const verifier = oidcVerifier({
          ...lax,
          isService: () => false,
          fetch: idp.fetch,
          revocation: { mode: "until-expiry" },
        });
        const refused = await verifier.verify(token, audience).catch((cause: unknown) => cause);
        expect(refused).toMatchObject({ reason: "token_invalid" });
        if (audience === "app" && typ === null)
          expect(refused).toMatchObject({ detail: expect.stringMatching("another kind of token") });
      }
    }
  });
});
