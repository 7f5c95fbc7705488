import { issueAccessToken } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import { AUDIENCE, serviceClaims } from "../../../tokens/src/testing/forge.ts";
import { facts } from "../request/facts.ts";
import { createDesk } from "../test-support/desk.ts";
import { authenticateService } from "./authenticate.ts";

const desk = await createDesk();
const rule = { verifier: desk.verifier, audience: AUDIENCE, permission: "feed:read" };
const feed = { permissions: ["feed:read"] };
const bring = (token?: string) =>
  authenticateService(facts(new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })), rule);

describe("a route for services", () => {
  test("lets in a service that carries the permission, and tells by which token", async () => {
    const { subject } = await bring(await desk.service({ permissions: ["notes:read", "feed:read"] }));
    expect(subject).toMatchObject({ kind: "service", id: "billing" });
  });

  test("ASVS 8.2.1: lets in nobody else", async () => {
    const bound = serviceClaims({ scope: "feed:read", cnf: { jkt: "A".repeat(43) } });
    const cases = [
      ["no_token", undefined],
      ["token_invalid", "nonsense"],
      ["not_permitted", await desk.service({ permissions: ["feed:reads", "feed"] })],
      ["not_permitted", await desk.account(feed)],
      ["token_invalid", await desk.service({ ...feed, audience: "https://other.example" })],
      ["key_mismatch", await issueAccessToken(bound, desk.pair.signing)],
    ] as const;
    for (const [reason, token] of cases) await expect(bring(token), reason).rejects.toMatchObject({ reason });
  });

  test("lets in no token that was good once", async () => {
    const token = await desk.service(feed);
    desk.revoke({ service: "billing" });
    await expect(bring(token)).rejects.toMatchObject({ reason: "token_stale" });
  });
});
