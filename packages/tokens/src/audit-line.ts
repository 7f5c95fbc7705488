import { z } from "zod";
import type { AuditFields, ChainedEntry } from "./audit-chain.ts";
import { type PublicJwk, publicJwk } from "./keys.ts";

/**
 * One line of an exported audit, in this order: whose it is; the keys that sign its seals; entries in the order of their
 * numbers, each seal right behind the entry that it names; entries that are not sealed yet; the end. A seal before the
 * first entry says what came before.
 */
export type AuditLine =
  | { readonly issuer: string }
  | { readonly key: PublicJwk }
  | { readonly entry: ChainedEntry }
  | { readonly seal: string }
  | { readonly unsealed: AuditFields }
  | { readonly end: { readonly seq: number } };

/** The lines of a part of an audit. @param seals in order, as are the entries */
export function* auditLinesOf({
  entries,
  seals,
}: {
  readonly entries: readonly ChainedEntry[];
  readonly seals: readonly { readonly seq: number; readonly seal: string }[];
}): Generator<AuditLine> {
  let next = 0;
  const sealsBefore = function* (seq: number): Generator<AuditLine> {
    for (let one = seals[next]; one && one.seq < seq; one = seals[next]) {
      yield { seal: one.seal };
      next += 1;
    }
  };
  for (const entry of entries) {
    yield* sealsBefore(entry.seq);
    yield { entry };
  }
  yield* sealsBefore(Number.POSITIVE_INFINITY);
}

const text = z.string().nullable();
const fields = {
  id: z.string(),
  at: z.int(),
  event: z.string(),
  outcome: z.enum(["success", "refused"]),
  actor: text,
  subject: text,
  session: text,
  address: text,
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
};

const auditLine = z.union([
  z.strictObject({ entry: z.strictObject({ ...fields, seq: z.int().min(1), hash: z.string() }) }),
  z.strictObject({ seal: z.string() }),
  z.strictObject({ unsealed: z.strictObject(fields) }),
  z.strictObject({ key: publicJwk }),
  z.strictObject({ issuer: z.string() }),
  z.strictObject({ end: z.strictObject({ seq: z.int().min(0) }) }),
]);

/** One line of an export; `undefined` for a text that is none. */
export function readAuditLine(line: string): AuditLine | undefined {
  try {
    return auditLine.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
