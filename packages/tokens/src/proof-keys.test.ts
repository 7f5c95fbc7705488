import { expect, test } from "vitest";
import { createProofKeys, PROOF_ALGORITHM } from "./proof-keys.ts";
import { encode } from "./testing/forge.ts";
import { createProver } from "./testing/prover.ts";

const headerOf = (jwk: object, blanks = 0) =>
  encode(`${JSON.stringify({ typ: "dpop+jwt", alg: PROOF_ALGORITHM, jwk }).slice(0, -1)}${" ".repeat(blanks)}}`);

test("a key is kept once, however many spellings of its header there are", async () => {
  const keys = createProofKeys();
  const { jwk, jkt } = await createProver();
  for (let blanks = 0; blanks < 20; blanks += 1) {
    const header = headerOf(jwk, blanks);
    const key = await keys.find(header);
    expect(key.jkt).toBe(jkt);
    keys.keep(header, key);
    expect(await keys.find(header)).toBe(key);
  }
  expect(keys.size).toBe(1);
});

test("a header that is padded is read, and not kept", async () => {
  const keys = createProofKeys();
  const header = headerOf((await createProver()).jwk, 2_000);
  keys.keep(header, await keys.find(header));
  expect(keys.size).toBe(0);
});
