import { PROOF_ALGORITHM, Refusal } from "@countersign/tokens";
import { type AtOnce, isLater } from "../at-once.ts";
import type { Scheme } from "../request/bearer.ts";
import { Facts } from "../request/facts.ts";
import { type ChallengeError, refusals } from "./refusal.ts";

/** Which permissions would have done. Kept beside the refusal, because only a challenge says them. */
const wanted = new WeakMap<Refusal, readonly string[]>();

/** Refuses a principal that lacks these permissions. `who` is for the log. */
export function notPermitted(permissions: readonly string[], who = "somebody"): Refusal {
  const refusal = new Refusal("not_permitted", { detail: `${who} lacks ${permissions.join(" ")}` });
  wanted.set(refusal, permissions);
  return refusal;
}

/** How the token of a refused call was presented, and how it may be. */
interface Offer {
  readonly presented: Scheme;
  readonly schemes: readonly Scheme[];
}
const offers = new WeakMap<Refusal, Offer>();
const BEARER: Offer = { presented: "Bearer", schemes: [] };

/** Has the challenges of a decision's refusals say under which schemes tokens are taken (RFC 9449 §7.1). */
export function offering<T>(
  decide: (facts: Facts) => AtOnce<T>,
  schemes: readonly Scheme[],
): (facts: Facts) => AtOnce<T> {
  if (!schemes.includes("DPoP")) return decide;
  return (facts) => {
    const note = (cause: unknown): never => {
      const presented = /^dpop /i.test(Facts.authorizationOf(facts)[0] ?? "") ? "DPoP" : "Bearer";
      if (cause instanceof Refusal) offers.set(cause, { presented, schemes });
      throw cause;
    };
    try {
      const decision = decide(facts);
      return isLater(decision) ? decision.then(undefined, note) : decision;
    } catch (cause) {
      return note(cause);
    }
  };
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
    if (refusal) return challenge(error, refusal, refusal.maxAge === undefined ? {} : { max_age: `${refusal.maxAge}` });
  }
  const lacking = found.filter((refusal) => errorOf(refusal) === "insufficient_scope");
  const [first] = lacking;
  if (first === undefined) return undefined;
  const scope = [...new Set(lacking.flatMap((refusal) => wanted.get(refusal) ?? []))].join(" ");
  return challenge("insufficient_scope", first, scope === "" ? {} : { scope });
}

/** What only a proof of possession can be refused for. */
const ofProofs: ReadonlySet<string> = new Set(["invalid_dpop_proof", "use_dpop_nonce"] satisfies ChallengeError[]);

function challenge(error: string, refusal: Refusal, more: Parameters): string {
  const { presented, schemes } = offers.get(refusal) ?? BEARER;
  const taken = schemes.length === 0 || schemes.includes(presented) ? presented : "DPoP";
  const scheme = ofProofs.has(error) ? "DPoP" : taken;
  // RFC 6750 §3: no error code for a request that carried no credentials.
  const parameters: Parameters = error === "" ? {} : { error, error_description: refusal.reason, ...more };
  return [
    written(scheme, parameters),
    ...schemes.filter((other) => other !== scheme).map((other) => written(other, {})),
  ].join(", ");
}

type Parameters = Readonly<Record<string, string>>;

function written(scheme: Scheme, parameters: Parameters): string {
  const all = Object.entries({ ...parameters, ...(scheme === "DPoP" ? { algs: PROOF_ALGORITHM } : {}) });
  return [scheme, all.map(([name, value]) => `${name}="${value}"`).join(", ")].filter(Boolean).join(" ");
}
