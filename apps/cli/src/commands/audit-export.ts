import type { AuditLine } from "@countersign/tokens";
import { auditOfServer } from "../audit-lines.ts";
import { command } from "../command.ts";
import { Failure } from "../failure.ts";
import { entryNumber } from "../forms.ts";
import { safeJsonLine } from "../safe-text.ts";

export const exportAudit = command({
  name: "export",
  says: "everything that has happened, oldest first, as JSON lines that `audit verify` can read",
  options: {
    after: { kind: "number", says: "begin after this entry: the last one of an export before", form: entryNumber },
  },
  run: async ({ signedIn }, { after = 0 }) => {
    const { api } = await signedIn();
    return { lines: asJson(beginningWithSeal(auditOfServer(api, after), after)) };
  },
});

async function* asJson(lines: AsyncIterable<AuditLine>): AsyncGenerator<string> {
  for await (const line of lines) yield safeJsonLine(line);
}

/** What comes after an entry can be verified only from a seal on. */
async function* beginningWithSeal(lines: AsyncIterable<AuditLine>, after: number): AsyncGenerator<AuditLine> {
  let begun = after === 0;
  for await (const line of lines) {
    begun ||= "seal" in line;
    if (!begun && ("entry" in line || "end" in line)) {
      throw new Failure(
        "refused",
        `No seal was made right after entry ${after}.`,
        "`audit verify` of an export says where it ends.",
      );
    }
    yield line;
  }
}
