import { type Form, idFrom, pageSize } from "./forms.ts";
import { type Answer, type Cell, table } from "./output.ts";

const idOfPage: Form = { ...idFrom(""), says: "an ID from the page before" };

/** The options of a list that comes in pages. */
export const pageOptions = {
  limit: { kind: "number", says: "how many at most (50 by default)", form: pageSize },
  after: { kind: "text", says: "begin after this id", value: "id", form: idOfPage },
} as const;

const DEFAULT_LIMIT = 50;

/** A page as a table. Says how to get the next one, where there may be one. */
export function pageOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  { limit = DEFAULT_LIMIT }: { readonly limit: number | undefined },
  columns: Readonly<Record<string, (row: Row) => Cell>>,
): Answer {
  const last = rows.at(-1);
  const shown = table(rows, columns);
  return last && rows.length >= limit ? { ...shown, note: `There may be more: --after ${last.id}` } : shown;
}
