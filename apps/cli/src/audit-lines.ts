import type { CountersignClient } from "@countersign/client";
import type { AuditLine } from "@countersign/tokens";
import { Failure } from "./failure.ts";

/** As many entries as the server gives at once. */
const PART = 500;

/** The audit as the server has it, page by page, from behind an entry on. */
export async function* auditOfServer(api: CountersignClient["api"], after = 0): AsyncGenerator<AuditLine> {
  const { auditLinesOf } = await import("@countersign/tokens");
  const keys = await api.audit.keys.query();
  let page = await api.audit.export.query({ after, limit: PART });
  let seq = after;
  yield { issuer: page.issuer };
  for (const key of keys) yield { key };
  for (;;) {
    yield* auditLinesOf(page);
    seq = page.entries.at(-1)?.seq ?? seq;
    if (page.entries.length < PART) break;
    page = await api.audit.export.query({ after: seq, limit: PART });
  }
  for (const unsealed of page.unsealed) yield { unsealed };
  yield { end: { seq } };
}

/** An exported audit. @throws {Failure} `notWhole` at a line that no export holds */
export async function* auditOfLines(lines: AsyncIterable<string>): AsyncGenerator<AuditLine> {
  const { readAuditLine } = await import("@countersign/tokens");
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const read = readAuditLine(line);
    if (!read) throw new Failure("notWhole", `Line ${number} is no line of an exported audit.`);
    yield read;
  }
}
