import type { AccessTable } from "@countersign/tokens";
import type { JsonObject } from "./records.ts";

// JSON columns. Only we write those, so the shape of what comes out is not checked.

/** A list of texts. */
export function parseTexts(json: string): string[] {
  return JSON.parse(json) as string[];
}

export function parseTable(json: string): AccessTable {
  return JSON.parse(json) as AccessTable;
}

export function parseObject(json: string): JsonObject {
  return JSON.parse(json) as JsonObject;
}
