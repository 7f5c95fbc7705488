import { expect, test } from "vitest";
import { createProofKeys, PROOF_ALGORITHM } from "./proof-keys.ts";
import { encode } from "./testing/forge.ts";
import { createProver } from "./testing/prover.ts";

const headerOf = (jwk: object, blanks = 0) =>
  encode(`${JSON.stringify({ typ: "dpop+jwt", alg: PROOF_ALGORITHM, jwk }).slice(0, -1)}${" ".repeat(blanks)}}`);

/** Whether a key is kept by a header: one that is not is imported anew. */
async function isKept(keys: ReturnType<typeof createProofKeys>, header: string): Promise<boolean> {
  const once = await keys.find(header);
  return (await keys.find(header)) === once;
}

test("a key is kept by the header that it came with last, however many spellings there are", async () => {
  const keys = createProofKeys();
  const { jwk, jkt } = await createProver();
  const headers = Array.from({ length: 5 }, (_, blanks) => headerOf(jwk, blanks));
  for (const header of headers) {
    const key = await keys.find(header);
    expect(key.jkt).toBe(jkt);
    keys.keep(header, key);
    expect(await isKept(keys, header)).toBe(true);
  }
  for (const header of headers.slice(0, -1)) expect(await isKept(keys, header)).toBe(false);
});

test("a header that is padded is read, and not kept", async () => {
  const keys = createProofKeys();
  const header = headerOf((await createProver()).jwk, 2_000);
  keys.keep(header, await keys.find(header));
  expect(await isKept(keys, header)).toBe(false);
});
