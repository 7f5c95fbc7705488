import { type Reason, Refusal } from "@countersign/tokens";
import { refusals } from "./refusal.ts";

/** Which permissions would have done. Kept beside the refusal, because only a challenge says them. */
const wanted = new WeakMap<Refusal, readonly string[]>();

/** Refuses a principal that lacks these permissions. `who` is for the log. */
export function notPermitted(permissions: readonly string[], who = "somebody"): Refusal {
  const refusal = new Refusal("not_permitted", { detail: `${who} lacks ${permissions.join(" ")}` });
  wanted.set(refusal, permissions);
  return refusal;
}

/** The more basic the fault, the earlier it stands: of several refusals in a batch, one challenge is sent. */
const precedence = [
  "invalid_request",
  "invalid_token",
  "",
  "invalid_dpop_proof",
  "use_dpop_nonce",
  "insufficient_user_authentication",
];

/**
 * The `WWW-Authenticate` challenge for a response's refusals (RFC 6750 §3, RFC 9470 §3), `undefined` where none is due.
 * For a batch: that of the most basic refusal, since all calls of a batch carry the same credentials; where permissions
 * are all that lacks, it names those of every refused call.
 *
 * Fixed words and numbers only; nothing of the request is ever in it.
 */
export function challengeFor(found: readonly Refusal[]): string | undefined {
  const errorOf = (refusal: Refusal) => refusals[refusal.reason].challenge;
  for (const error of precedence) {
    const refusal = found.find((candidate) => errorOf(candidate) === error);
    if (refusal)
      return challenge(error, refusal.reason, refusal.maxAge === undefined ? {} : { max_age: `${refusal.maxAge}` });
  }
  const scopes = found
    .filter((refusal) => errorOf(refusal) === "insufficient_scope")
    .map((refusal) => wanted.get(refusal));
  if (scopes.length === 0) return undefined;
  const scope = [...new Set(scopes.flatMap((permissions) => permissions ?? []))].join(" ");
  return challenge("insufficient_scope", "not_permitted", scope === "" ? {} : { scope });
}

function challenge(error: string, reason: Reason, parameters: Readonly<Record<string, string>>): string {
  // RFC 6750 §3: no error code for a request that carried no credentials.
  if (error === "") return "Bearer";
  const all = Object.entries({ error, error_description: reason, ...parameters });
  const scheme = error === "use_dpop_nonce" || error === "invalid_dpop_proof" ? "DPoP" : "Bearer";
  return `${scheme} ${all.map(([name, value]) => `${name}="${value}"`).join(", ")}`;
}
