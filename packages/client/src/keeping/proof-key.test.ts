import { expect, test } from "vitest";
import { createProofKey } from "./proof-key.ts";

test("a key signs, and is given to nobody", async () => {
  const { privateKey } = await createProofKey();
  expect(privateKey).toMatchObject({ type: "private", extractable: false, usages: ["sign"] });
  await expect(crypto.subtle.exportKey("jwk", privateKey)).rejects.toThrow();
});
