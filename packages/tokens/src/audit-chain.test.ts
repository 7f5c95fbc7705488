import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { AUDIT_BEGINNING, chainEntries, hashAfter } from "./audit-chain.ts";
import { anEntry } from "./testing/audit.ts";

test("an entry's hash is SHA-256 over its canonical JSON, as anybody can compute it elsewhere", async () => {
  const entry = anEntry(1, { id: "a", at: 5, event: "x.y", subject: 'q"\n', detail: { b: 1.5, a: null, "€": true } });
  const text =
    '{"actor":null,"address":"192.0.2.1","at":5,"detail":{"a":null,"b":1.5,"€":true},"event":"x.y","id":"a",' +
    `"outcome":"refused","previous":"${"A".repeat(43)}","seq":1,"session":null,"subject":"q\\"\\n"}`;
  const hash = createHash("sha256").update(text).digest("base64url");
  expect(await hashAfter(AUDIT_BEGINNING, entry)).toBe(hash);
  const moved = { ...entry, detail: { "€": true, a: null, b: 1.5 } };
  expect(await hashAfter(AUDIT_BEGINNING, moved)).toBe(hash);
});

test("entries stand one behind the other, each over the one before", async () => {
  const [first, second] = await chainEntries(AUDIT_BEGINNING, [anEntry(1), anEntry(2)]);
  if (!first || !second) throw new Error("two were given");
  expect([first.seq, second.seq]).toEqual([1, 2]);
  expect(second.hash).toBe(await hashAfter(first, anEntry(2)));
  expect(await chainEntries(first, [anEntry(2)])).toEqual([second]);
  const [other] = await chainEntries({ seq: 1, hash: AUDIT_BEGINNING.hash }, [anEntry(2)]);
  expect(other?.hash).not.toBe(second.hash);
});

test("every field, the number and what came before are in the hash", async () => {
  const hash = await hashAfter(AUDIT_BEGINNING, anEntry(1));
  const others = [
    { id: "b" },
    { at: 0 },
    { event: "x" },
    { outcome: "success" as const },
    { actor: "x" },
    { subject: null },
    { session: "x" },
    { address: null },
    { detail: {} },
    { detail: { count: "1", limit: "address" } },
  ];
  const hashes = await Promise.all(others.map((more) => hashAfter(AUDIT_BEGINNING, anEntry(1, more))));
  hashes.push(await hashAfter({ ...AUDIT_BEGINNING, seq: 1 }, anEntry(1)));
  hashes.push(await hashAfter({ seq: 0, hash }, anEntry(1)));
  expect(new Set([hash, ...hashes]).size).toBe(others.length + 3);
});
