import { type Reason, Refusal } from "@countersign/tokens";
import type { TRPCProcedureType } from "@trpc/server";
import type { Facts } from "./facts.ts";

/** Which methods may carry which kind of call. A GET never changes anything. */
const methods: Readonly<Record<TRPCProcedureType, readonly string[]>> = {
  query: ["GET", "POST"],
  subscription: ["GET", "POST"],
  mutation: ["POST"],
};

/** Parameters may follow; a comma, as of two joined headers, may not. */
const JSON_TYPE = /^application\/json[\t ]*(?:;[^,]*)?$/i;

/**
 * Judges the request itself, for every policy: a page of another origin can make a browser send a POST of any type but
 * JSON without asking first. Requests that open a WebSocket have no facts: `facts()` refuses them.
 *
 * @throws {Refusal} `method_not_allowed`, `unsupported_media_type`
 */
export function assertRequest(facts: Facts, type: TRPCProcedureType): void {
  if (facts.method === null) return;
  if (!methods[type].includes(facts.method)) throw refusal("method_not_allowed", "not a method for this kind of call");
  if (facts.method === "POST" && !JSON_TYPE.test(facts.contentType ?? "")) {
    throw refusal("unsupported_media_type", "a POST that is not application/json");
  }
}

function refusal(reason: Reason, detail: string): Refusal {
  return new Refusal(reason, { detail });
}
