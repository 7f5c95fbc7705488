import type { AuditLink, AuditProblem, WholeAudit } from "@countersign/tokens";
import { auditOfLines, auditOfServer } from "../audit-lines.ts";
import { command } from "../command.ts";
import type { Context } from "../context.ts";
import { Failure } from "../failure.ts";
import { auditHead, keyId } from "../forms.ts";
import { record, time } from "../output.ts";

/** Longer than any sealer that works leaves an entry waiting. */
const STANDSTILL_MS = 60_000;

export const verify = command({
  name: "verify",
  says: "check on this side that the audit, or an export of it, is what the server sealed",
  parameters: ["file?"],
  forms: {
    file: { says: "an export; - is standard input; without it the server is asked", fits: (text) => text !== "" },
  },
  options: {
    key: {
      kind: "list",
      says: "trust seals by this key alone (from `audit keys`, written down before); again for more",
      value: "id",
      form: keyId,
    },
    head: {
      kind: "text",
      says: "an entry that has to be in it still, as shown before",
      value: "entry:hash",
      form: auditHead,
    },
  },
  run: async (context, { file, key, head }) => {
    const trusted = new Set(key.length > 0 ? key : await keysOfServer(context));
    const lines =
      file === undefined ? auditOfServer((await context.signedIn()).api) : auditOfLines(context.lines(file));
    const { systemWorld, verifyAudit } = await import("@countersign/tokens");
    const verdict = await verifyAudit(lines, { trusted, head: head === undefined ? undefined : readHead(head) });
    if (!verdict.whole) {
      throw new Failure(
        "notWhole",
        `The audit is not what was sealed: ${problems[verdict.problem](verdict.seq)}.`,
        "Keep it as it is, and compare it with an earlier export.",
      );
    }
    return {
      ...record(shown(verdict), verdict),
      note: notes(verdict, file === undefined ? systemWorld.now() : undefined).join("\n"),
    };
  },
});

async function keysOfServer({ signedIn }: Context): Promise<readonly string[]> {
  const { api } = await signedIn();
  return (await api.audit.keys.query()).map(({ kid }) => kid);
}

function readHead(text: string): AuditLink {
  const [seq, hash = ""] = text.split(":");
  return { seq: Number(seq), hash };
}

const problems: Readonly<Record<AuditProblem, (seq: number) => string>> = {
  malformed: (seq) => `before entry ${seq} stands what belongs elsewhere`,
  no_beginning: () => "it begins in the middle, and no trusted seal says what came before",
  missing: (seq) => `entry ${seq} is missing`,
  out_of_order: (seq) => `entry ${seq} should stand where another one does`,
  changed: (seq) => `it was changed at entry ${seq}, or right before`,
  forged: (seq) => `a seal before entry ${seq} is forged`,
  unsigned: (seq) => `no trusted seal covers entry ${seq} and what follows`,
  head_missing: (seq) => `entry ${seq} is not the one that was known, or not there any more`,
  cut_off: (seq) => `it breaks off before entry ${seq}`,
};

function shown({ issuer, first, head, unsealed, foreignSeals }: WholeAudit) {
  return {
    issuer,
    entries: head && first !== null ? `${first} to ${head.seq}` : "none",
    head: head && `${head.seq}:${head.hash}`,
    sealed: head && time(head.at / 1000),
    key: head?.kid,
    "not sealed yet": unsealed.entries,
    ...(foreignSeals > 0 && { "seals by other keys": foreignSeals }),
  };
}

/** @param now where the server was asked, and not an export read */
function notes({ first, head, unsealed }: WholeAudit, now: number | undefined): string[] {
  const before = (first ?? (head ? head.seq + 1 : 1)) - 1;
  const said = ["This is what was sealed."];
  if (before > 0) said.push(`Of the entries 1 to ${before} only the seal is here.`);
  const { oldest } = unsealed;
  if (now !== undefined && oldest !== null && now - oldest > STANDSTILL_MS) {
    said.push(`Nothing has been sealed since ${time(oldest / 1000)}: the server's log says why.`);
  }
  return said;
}
