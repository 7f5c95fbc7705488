import type { Policy } from "@countersign/tokens";
import type { TRPCError } from "@trpc/server";
import { policyOf } from "./access-table.ts";
import { challengeFor } from "./challenge.ts";
import { refusalOf } from "./refusal.ts";

/** What tRPC's adapters hand to their option `responseMeta`, as far as it is used here. */
export interface ResponseMetaInput {
  readonly errors: readonly TRPCError[];
  readonly info?: { readonly calls: readonly { readonly procedure: unknown }[] } | undefined;
}

/**
 * The headers that a response's refusals ask for: `WWW-Authenticate` (RFC 6750 §3), `DPoP-Nonce` (RFC 9449 §9),
 * `Retry-After` in seconds (the longest of a batch), and `Cache-Control: no-store` wherever a call was refused or is not public. To set headers of your own, add
 * them to the `Headers` that this returns.
 *
 * A streamed response has sent its headers before there are errors, so it gets none of the first three.
 */
export function responseMeta({ errors, info }: ResponseMetaInput): { headers: Headers } {
  const headers = new Headers();
  if (errors.length > 0) addRefusals(headers, errors);
  const isPublic = info?.calls.every((call) => isOpen(policyOf(call.procedure))) ?? false;
  if (errors.length > 0 || !isPublic) headers.set("Cache-Control", "no-store");
  return { headers };
}

function addRefusals(headers: Headers, errors: readonly TRPCError[]): void {
  const found = errors.flatMap((error) => refusalOf(error) ?? []);
  const challenge = challengeFor(found);
  if (challenge !== undefined) headers.set("WWW-Authenticate", challenge);
  const nonce = found.find((refusal) => refusal.nonce !== undefined)?.nonce;
  if (nonce !== undefined) headers.set("DPoP-Nonce", nonce);
  const waits = found.flatMap((refusal) => refusal.retryAfter ?? []);
  if (waits.length > 0) headers.set("Retry-After", String(Math.ceil(Math.max(...waits))));
}

function isOpen(policy: Policy | undefined): boolean {
  return policy !== undefined && "open" in policy;
}
