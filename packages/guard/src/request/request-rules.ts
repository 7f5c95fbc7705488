import { type Reason, Refusal } from "@countersign/tokens";
import type { TRPCProcedureType } from "@trpc/server";
import type { Facts } from "./facts.ts";

/** Which methods may carry which kind of call. A GET never changes anything. */
const methods: Readonly<Record<TRPCProcedureType, readonly string[]>> = {
  query: ["GET", "POST"],
  subscription: ["GET", "POST"],
  mutation: ["POST"],
};

interface Fault {
  readonly reason: Reason;
  readonly detail: string;
}

/** Parameters may follow; a comma, as of two joined headers, may not. */
const JSON_TYPE = /^application\/json[\t ]*(?:;[^,]*)?$/i;

/**
 * Judges the request itself, for every policy: a page of another origin can make a browser send a POST of any type but
 * JSON without asking first. Requests that open a WebSocket have no facts: `facts()` refuses them.
 *
 * @throws {Refusal} `method_not_allowed`, `unsupported_media_type`
 */
export function assertRequest(facts: Facts, type: TRPCProcedureType): void {
  const fault = faultOf(facts, type);
  if (fault) throw new Refusal(fault.reason, fault);
}

/** Whether that lets a request pass. */
export function isRequestFor(facts: Facts, type: TRPCProcedureType): boolean {
  return faultOf(facts, type) === undefined;
}

function faultOf({ method, contentType }: Facts, type: TRPCProcedureType): Fault | undefined {
  if (method === null) return undefined;
  if (!methods[type].includes(method))
    return { reason: "method_not_allowed", detail: "not a method for this kind of call" };
  const isForeign = method === "POST" && !JSON_TYPE.test(contentType ?? "");
  return isForeign ? { reason: "unsupported_media_type", detail: "a POST that is not application/json" } : undefined;
}
