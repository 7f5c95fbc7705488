import { describe, expect, test } from "vitest";
import { AUDIENCE, makePair } from "../../../tokens/src/testing/forge.ts";
import { createDesk } from "../test-support/desk.ts";
import { createVerifier } from "./local-verifier.ts";

describe("a verifier over keys and revocations", () => {
  test("verifies a token for the audience it is asked about, and for no other", async () => {
    const desk = await createDesk();
    const token = await desk.account();
    expect((await desk.verifier.verify(token, AUDIENCE)).subject.id).toBe("ann");
    await expect(desk.verifier.verify(token, "https://other.example")).rejects.toMatchObject({
      reason: "token_invalid",
    });
  });

  test("judges times, key and revocation at the moment it is asked", async () => {
    const desk = await createDesk();
    const token = await desk.verifier.verify(await desk.account(), AUDIENCE);
    expect(() => desk.verifier.judge(token)).not.toThrow();
    desk.revoke({ account: "ann" });
    expect(() => desk.verifier.judge(token)).toThrow(expect.objectContaining({ reason: "token_stale" }));
    await desk.rotate({ forget: true });
    expect(() => desk.verifier.judge(token)).toThrow(expect.objectContaining({ reason: "token_stale" }));
    desk.pass(331);
    expect(() => desk.verifier.judge(token)).toThrow(expect.objectContaining({ reason: "token_expired" }));
  });

  test("believes no key that answers to another name", async () => {
    const [desk, other] = [await createDesk(), await makePair()];
    const careless = createVerifier({
      issuer: desk.verifier.issuer,
      keys: () => other.verification,
      hasKey: () => true,
      revoked: () => undefined,
      now: () => desk.world.now(),
    });
    await expect(careless.verify(await desk.account(), AUDIENCE)).rejects.toMatchObject({ reason: "unknown_key" });
  });
});
