import type { DeleteResult, InsertResult, UpdateResult } from "kysely";

/** How many rows a statement changed. */
export function countChanged(result: InsertResult | UpdateResult | DeleteResult): number {
  if ("numInsertedOrUpdatedRows" in result) return Number(result.numInsertedOrUpdatedRows ?? 0);
  return Number("numUpdatedRows" in result ? result.numUpdatedRows : result.numDeletedRows);
}

/** Whether a statement changed anything: how a race learns its winner. */
export function hasChanged(result: InsertResult | UpdateResult | DeleteResult): boolean {
  return countChanged(result) > 0;
}
