import type { Refusal } from "@countersign/tokens";
import type { TRPCError } from "@trpc/server";
import { enforcementOf } from "../router/access-table.ts";
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
  const isPublic = info?.calls.every(({ procedure }) => isOpen(procedure)) ?? false;
  const headers = new Headers();
  // One by one, which takes half the time that the constructor does.
  for (const [name, value] of headersOf(errors, isPublic)) headers.append(name, value);
  return { headers };
}

/** The same as names and values: of a response that is `isPublic` if nothing in it was refused. */
export function headersOf(errors: readonly TRPCError[], isPublic: boolean): [string, string][] {
  if (errors.length === 0) return isPublic ? [] : [NO_STORE];
  return [NO_STORE, ...refusalHeaders(errors.flatMap((error) => refusalOf(error) ?? []))];
}

/** Whether a procedure asks nobody who they are. */
export function isOpen(procedure: unknown): boolean {
  const policy = enforcementOf(procedure)?.policy;
  return policy !== undefined && "open" in policy;
}

const NO_STORE: [string, string] = ["cache-control", "no-store"];

function refusalHeaders(refusals: readonly Refusal[]): [string, string][] {
  const headers: [string, string][] = [];
  const challenge = challengeFor(refusals);
  if (challenge !== undefined) headers.push(["www-authenticate", challenge]);
  const nonce = refusals.find((refusal) => refusal.nonce !== undefined)?.nonce;
  if (nonce !== undefined) headers.push(["dpop-nonce", nonce]);
  const waits = refusals.flatMap((refusal) => refusal.retryAfter ?? []);
  if (waits.length > 0) headers.push(["retry-after", String(Math.ceil(Math.max(...waits)))]);
  return headers;
}
