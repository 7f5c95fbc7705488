import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { AUDIT_BEGINNING, type ChainedEntry, chainEntries } from "./audit-chain.ts";
import { type AuditLine, readAuditLine } from "./audit-line.ts";
import { type AuditExpectations, verifyAudit } from "./audit-verify.ts";
import { anEntry, type Exported, exportOf, sealOf } from "./testing/audit.ts";
import { ISSUER, makePair, NOW, type Pair } from "./testing/forge.ts";

let own: Pair;
let thief: Pair;
let whole: Exported;
beforeAll(async () => {
  [own, thief] = await Promise.all([makePair(), makePair()]);
  whole = await exportOf(own, 8, 3, 2);
});

const verify = (lines: readonly AuditLine[], more: Partial<AuditExpectations> = {}) =>
  verifyAudit(lines, { trusted: new Set([own.signing.kid]), ...more });
const entryAt = (seq: number): ChainedEntry => whole.entries[seq - 1] ?? expect.unreachable();
const isEntry = (line: AuditLine, seq: number) => "entry" in line && line.entry.seq === seq;
const without = (seq: number) => whole.lines.filter((line) => !isEntry(line, seq));
/** The export with an entry in the place of another. */
const replaced = (seq: number, entry: ChainedEntry) =>
  whole.lines.map((line) => (isEntry(line, seq) ? { entry } : line));
/** The export as somebody without the key would make it anew, from some entries. */
async function rewritten(entries: readonly ChainedEntry[], by: Pair | undefined): Promise<AuditLine[]> {
  const chain = await chainEntries(AUDIT_BEGINNING, entries);
  const last = chain.at(-1) ?? expect.unreachable();
  const { publicJwk } = (by ?? own).generated;
  const seals = by ? [await sealOf(last, by)] : whole.lines.filter((line) => "seal" in line).slice(-1);
  return [
    { issuer: ISSUER },
    { key: publicJwk },
    ...chain.map((entry) => ({ entry })),
    ...seals,
    { end: { seq: chain.length } },
  ];
}

describe("a whole audit", () => {
  test("is told from its first entry to its newest seal, and what is not sealed yet", async () => {
    expect(await verify(whole.lines)).toEqual({
      whole: true,
      issuer: ISSUER,
      first: 1,
      head: { issuer: ISSUER, seq: 8, hash: entryAt(8).hash, at: NOW, kid: own.signing.kid },
      entries: 8,
      unsealed: { entries: 2, oldest: NOW + 9 },
      foreignSeals: 0,
    });
  });

  test("may be empty", async () => {
    const { lines } = await exportOf(own, 0);
    expect(await verify(lines)).toMatchObject({ whole: true, first: null, head: null, entries: 0 });
  });

  test("comes through its lines as it was", async () => {
    const read = whole.lines.map((line) => readAuditLine(JSON.stringify(line)));
    expect(read).toEqual(whole.lines);
    for (const line of ["", "{}", '{"entry":{}}', '{"seal":"x","end":{"seq":1}}']) {
      expect(readAuditLine(line)).toBeUndefined();
    }
  });

  test("may begin at a seal, and is whole with its seals by keys that nobody trusts any more", async () => {
    const from = whole.lines.findIndex((line) => "seal" in line);
    const later = [...whole.lines.slice(0, 2), ...whole.lines.slice(from)];
    expect(await verify(later)).toMatchObject({ whole: true, first: 4, entries: 5 });
    const foreign = await sealOf(entryAt(3), thief);
    const renewed = [{ key: thief.generated.publicJwk }, foreign];
    const lines = [...whole.lines.slice(0, 5), ...renewed, ...whole.lines.slice(6)];
    expect(await verify(lines)).toMatchObject({ whole: true, entries: 8, foreignSeals: 1 });
  });

  test("holds what was known of it", async () => {
    for (const seq of [1, 3, 5, 8])
      expect(await verify(whole.lines, { head: entryAt(seq) })).toMatchObject({ whole: true });
  });
});

describe("an audit that is not what was sealed", () => {
  const found = (problem: string, seq: number) => ({ whole: false, problem, seq });

  test("by a changed entry, whatever was changed and whether its hash was made to fit", async () => {
    for (const seq of [1, 4, 8]) {
      const changed = { ...entryAt(seq), subject: "somebody else" };
      expect(await verify(replaced(seq, changed))).toEqual(found("changed", seq));
      const before = seq === 1 ? AUDIT_BEGINNING : entryAt(seq - 1);
      const [fitting] = await chainEntries(before, [changed]);
      const verdict = await verify(replaced(seq, fitting ?? expect.unreachable()));
      expect(verdict).toMatchObject({ whole: false, problem: "changed" });
    }
  });

  test("by a missing entry, a repeated one, and two in each other's place", async () => {
    expect(await verify(without(1))).toEqual(found("no_beginning", 1));
    expect(await verify(without(5))).toEqual(found("missing", 5));
    const twice = whole.lines.flatMap((line) => (isEntry(line, 5) ? [line, line] : [line]));
    expect(await verify(twice)).toEqual(found("out_of_order", 6));
    const swapped = (seq: number, other: number): ChainedEntry => ({ ...entryAt(other), seq });
    const lines = replaced(4, swapped(4, 5)).map((line) => (isEntry(line, 5) ? { entry: swapped(5, 4) } : line));
    expect(await verify(lines)).toEqual(found("changed", 4));
  });

  test("by an end that was cut off, unless it was cut at a seal, which only who knew more can tell", async () => {
    const cut = (seq: number) => [
      ...whole.lines.slice(
        0,
        whole.lines.findIndex((line) => isEntry(line, seq + 1)),
      ),
      { end: { seq } },
    ];
    expect(await verify(cut(7))).toEqual(found("unsigned", 7));
    expect(await verify(cut(6))).toMatchObject({ whole: true, entries: 6 });
    expect(await verify(cut(6), { head: entryAt(7) })).toEqual(found("head_missing", 7));
    expect(await verify(whole.lines.slice(0, -1))).toEqual(found("cut_off", 9));
    expect(await verify([...whole.lines.slice(0, -1), { end: { seq: 9 } }])).toEqual(found("missing", 9));
  });

  test("made anew by somebody without the key", async () => {
    const entries = whole.entries.filter(({ seq }) => seq !== 2);
    expect(await verify(await rewritten(entries, thief))).toEqual(found("unsigned", 1));
    expect(await verify(await rewritten(entries, undefined))).toMatchObject({ whole: false, problem: "missing" });
    // The thief's key under the name of the true one.
    const [issuer, , ...rest] = await rewritten(entries, {
      ...thief,
      signing: { ...thief.signing, kid: own.signing.kid },
    });
    const lines = [issuer ?? expect.unreachable(), { key: own.generated.publicJwk }, ...rest];
    expect(await verify(lines)).toMatchObject({ whole: false, problem: "forged" });
    const renamed = { ...thief.generated.publicJwk, kid: own.signing.kid };
    expect(await verify([lines[0] ?? expect.unreachable(), { key: renamed }])).toMatchObject({ problem: "malformed" });
  });

  test("made anew by somebody with the key: only who knew the old one can tell", async () => {
    const lines = await rewritten(
      whole.entries.filter(({ seq }) => seq !== 2),
      own,
    );
    expect(await verify(lines)).toMatchObject({ whole: true, entries: 7 });
    expect(await verify(lines, { head: entryAt(5) })).toEqual(found("head_missing", 6));
  });

  test("by a seal of another issuer", async () => {
    const seal = await sealOf(entryAt(8), own, "https://other.example");
    const lines = whole.lines.map((line, at) => (at === whole.lines.length - 4 ? seal : line));
    expect(await verify(lines)).toMatchObject({ whole: false, problem: "forged" });
  });

  test("by lines that stand where they cannot", async () => {
    const [issuer, ...rest] = whole.lines;
    if (!issuer) throw new Error("an export begins with its issuer");
    const sealed: AuditLine = { entry: (await chainEntries(entryAt(8), [anEntry(9)]))[0] ?? expect.unreachable() };
    const wrong = [
      rest,
      [issuer, ...whole.lines],
      [...whole.lines, { end: { seq: 8 } }],
      [...whole.lines.slice(0, -1), sealed],
      [],
    ];
    for (const lines of wrong) expect(await verify(lines)).toMatchObject({ whole: false, problem: "malformed" });
  });

  test("by any of its sealed lines left out, repeated or moved", async () => {
    const seals = whole.lines.filter((line) => "seal" in line);
    const line = fc.integer({ min: 2, max: 2 + 8 + seals.length - 1 });
    await fc.assert(
      fc.asyncProperty(line, line, fc.constantFrom("drop", "repeat", "move"), async (from, to, how) => {
        const lines = [...whole.lines];
        const [taken] = how === "repeat" ? lines.slice(from, from + 1) : lines.splice(from, 1);
        if (how !== "drop" && taken) lines.splice(to, 0, taken);
        // A seal says nothing new where a later one covers the same, and may be said twice.
        const harmless = taken !== undefined && "seal" in taken;
        const same = JSON.stringify(lines) === JSON.stringify(whole.lines);
        const verdict = await verify(lines);
        if (!harmless) expect(verdict.whole).toBe(same);
        else if (verdict.whole) expect(verdict).toMatchObject({ entries: 8, head: { seq: 8 } });
      }),
      { numRuns: 300 },
    );
  });
});
