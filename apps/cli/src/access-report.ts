import type { CountersignClient } from "@countersign/client";
import { type Answer, table } from "./output.ts";

/** What the server says of a push: what it did, or would do. */
export type AccessReport = Awaited<ReturnType<CountersignClient["api"]["access"]["push"]["mutate"]>>;

interface Row {
  readonly sign: string;
  readonly what: "API" | "permission" | "procedures" | "bound tokens" | "role";
  readonly name: string;
  readonly permissions?: readonly string[];
  readonly accounts?: number;
}

/** How what is undeclared is marked, where it goes and where it stays. */
type Mark = "-" | "(-)";

/** A report as one table, each change a line. */
export function reportTable(report: AccessReport, mark: Mark): Answer {
  return rowsTable([...additions(report), ...removals(report, mark)], report);
}

/** Of a report only what goes. */
export function removalTable(report: AccessReport): Answer {
  return rowsTable(removals(report, "-"), report);
}

export function hasUndeclared({ undeclared }: AccessReport): boolean {
  return undeclared.permissions.length > 0 || undeclared.roles.length > 0;
}

/** Who is affected, in a sentence. */
export function affected({ undeclared: { accounts, emails } }: AccessReport): string {
  if (accounts === 0) return "Nobody loses anything by it.";
  const rest = accounts - emails.length;
  const others = emails.length > 0 && rest > 0 ? [`${rest} more`] : [];
  const names = emails.length > 0 ? `: ${[...emails, ...others].join(", ")}` : "";
  return `${accounts === 1 ? "1 account loses" : `${accounts} accounts lose`} something by it${names}.`;
}

function rowsTable(rows: readonly Row[], report: AccessReport): Answer {
  if (rows.length === 0) return { json: report, text: () => "" };
  const columns = {
    CHANGE: ({ sign }: Row) => sign,
    WHAT: ({ what }: Row) => what,
    NAME: ({ name }: Row) => name,
    PERMISSIONS: ({ permissions }: Row) => permissions,
    ACCOUNTS: ({ accounts }: Row) => accounts,
  };
  return table(rows, columns, report);
}

function additions({ audience, added }: AccessReport): Row[] {
  return [
    ...(added.audience ? [{ sign: "+", what: "API", name: audience } as const] : []),
    ...added.permissions.map((name) => ({ sign: "+", what: "permission", name }) as const),
    ...(added.boundTokens === null
      ? []
      : [{ sign: added.boundTokens ? "+" : "-", what: "bound tokens", name: audience } as const]),
    ...(added.procedures ? [{ sign: "~", what: "procedures", name: audience } as const] : []),
    ...added.roles.map(({ name, isNew, permissions, accounts }) =>
      isNew
        ? ({ sign: "+", what: "role", name, permissions } as const)
        : ({ sign: "~", what: "role", name, permissions: signed("+", permissions), accounts } as const),
    ),
  ];
}

function removals({ undeclared: { permissions, roles } }: AccessReport, mark: Mark): Row[] {
  return [
    ...permissions.map(
      ({ permission, accounts }) => ({ sign: mark, what: "permission", name: permission, accounts }) as const,
    ),
    ...roles.map(({ name, goes, permissions, accounts }) => {
      const sign = goes ? mark : mark.replace("-", "~");
      return { sign, what: "role", name, permissions: signed("-", permissions), accounts } as const;
    }),
  ];
}

const signed = (sign: string, permissions: readonly string[]) => permissions.map((one) => `${sign}${one}`);
