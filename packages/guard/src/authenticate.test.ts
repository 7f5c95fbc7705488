import { describe, expect, test } from "vitest";
import { AUDIENCE } from "../../tokens/src/testing/forge.ts";
import { authenticateService } from "./authenticate.ts";
import { facts } from "./facts.ts";
import { createDesk } from "./testing/desk.ts";

const desk = await createDesk();
const rule = { verifier: desk.verifier, audience: AUDIENCE, permission: "feed:read" };
const bring = (token?: string) =>
  authenticateService(facts(new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })), rule);

describe("a route for services", () => {
  test("lets in a service that carries the permission, and tells by which token", async () => {
    const { claims } = await bring(await desk.service({ scope: "notes:read feed:read" }));
    expect(claims.sub).toBe("billing");
  });

  test("ASVS 8.2.1: lets in nobody else", async () => {
    const feed = { scope: "feed:read" };
    const cases = [
      ["no_token", undefined],
      ["token_invalid", "nonsense"],
      ["not_permitted", await desk.service({ scope: "feed:reads feed" })],
      ["not_permitted", await desk.account(feed)],
      ["token_invalid", await desk.service({ ...feed, aud: "https://other.example" })],
      ["key_mismatch", await desk.service({ ...feed, cnf: { jkt: "A".repeat(43) } })],
    ] as const;
    for (const [reason, token] of cases) await expect(bring(token), reason).rejects.toMatchObject({ reason });
  });

  test("lets in no token that was good once", async () => {
    const token = await desk.service({ scope: "feed:read" });
    desk.revoke({ kind: "service", id: "billing", least: 2 });
    await expect(bring(token)).rejects.toMatchObject({ reason: "token_stale" });
  });
});
