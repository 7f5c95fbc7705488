import { Refusal } from "@countersign/tokens";
import type { AtOnce } from "../at-once.ts";
import { type Holder, holderOf, type Possession } from "../possession/possession.ts";
import { credentialsOf, isToken, usualToken } from "../request/bearer.ts";
import { Facts } from "../request/facts.ts";
import { assertOurs } from "../verify/assert-ours.ts";
import { createCheckBudget } from "../verify/check-budget.ts";
import { createVerifiedTokens } from "../verify/verified-tokens.ts";
import type { VerifiedToken, Verifier } from "../verify/verifier.ts";
import { type Principal, type PrincipalRules, principalOf } from "./principal.ts";
import { type Voucher, voucherOf } from "./vouched.ts";

export interface IdentifierParts<P extends string, Claims> extends PrincipalRules<P, Claims> {
  readonly verifier: Verifier;
  /** What vouchers for this guard alone name. */
  readonly self: object;
  readonly audience: string;
  readonly possession: Possession;
  /** How many verified tokens are remembered. */
  readonly capacity: number;
  /** The present, in milliseconds since the epoch. */
  now(): number;
}

interface Identity<P extends string, Claims> {
  /** What is judged on every call; `null` where code in this process speaks for the caller. */
  readonly token: VerifiedToken | null;
  readonly principal: Principal<P, Claims>;
}

interface Verified<P extends string, Claims> extends Identity<P, Claims> {
  readonly exp: number;
  /** Who alone may present the token; `null` for a bearer token. */
  readonly holder: Holder | null;
}

export interface Identifier<P extends string, Claims> {
  /**
   * Answers who sends a request.
   *
   * @throws {Refusal} for whatever does not identify anybody; whatever else the verifier throws.
   */
  identify(facts: Facts): AtOnce<Principal<P, Claims>>;
  /**
   * What `identify` would throw of this request without a look at its token, because too many forged ones came lately:
   * one object for all. `undefined` where it has to be asked.
   */
  sendsAway(facts: Facts): Refusal | undefined;
}

/**
 * Answers who sends a request. A token's signature is checked once a process, a request's credentials are read once
 * however many calls share it, and whether the token still holds is judged on every call.
 */
export function createIdentifier<P extends string, Claims>(parts: IdentifierParts<P, Claims>): Identifier<P, Claims> {
  const { possession } = parts;
  const verified = createVerifiedTokens<Verified<P, Claims>>(parts);
  const budget = createCheckBudget(parts);
  const requests = new WeakMap<Facts, Promise<Identity<P, Claims>>>();

  async function verify(text: string): Promise<Verified<P, Claims>> {
    const token = await parts.verifier.verify(text, parts.audience);
    assertOurs(token, parts);
    const holder = await holderOf(text, token);
    return { token, principal: principalOf(token.subject, parts), exp: token.exp, holder };
  }

  /** What has to be waited for first is outside of the budget: a guard that knows nothing yet checks nothing. */
  async function check(text: string): Promise<Verified<P, Claims>> {
    const busy = budget.sendsAway(text);
    if (busy) throw busy;
    await parts.verifier.ready?.();
    return await budget.spend(text, verify);
  }

  async function read(facts: Facts): Promise<Identity<P, Claims>> {
    const voucher = voucherOf(facts);
    if (voucher) return { token: null, principal: principalOf(believed(voucher, parts), parts) };
    const { scheme, token } = credentialsOf(Facts.authorizationOf(facts), possession.schemes);
    const found = await verified.get(token, check);
    await possession.assert(facts, scheme, found.holder);
    return found;
  }

  function judged({ token, principal }: Identity<P, Claims>): AtOnce<Principal<P, Claims>> {
    const asked = token === null ? undefined : parts.verifier.judge(token);
    // What is known at once is not waited for.
    return asked === undefined ? principal : Promise.resolve(asked).then(() => principal);
  }

  function identify(facts: Facts): AtOnce<Principal<P, Claims>> {
    const remembered = verified.find(usualToken(Facts.authorizationOf(facts)));
    if (remembered?.holder === null && possession.isBearer(facts)) return judged(remembered);
    const shared = requests.get(facts) ?? read(facts);
    requests.set(facts, shared);
    return shared.then(judged);
  }

  function sendsAway(facts: Facts): Refusal | undefined {
    if (!budget.isSpent()) return undefined;
    const token = usualToken(Facts.authorizationOf(facts));
    if (token === undefined || !isToken(token) || !possession.isBearer(facts) || verified.has(token)) return undefined;
    return budget.sendsAway(token);
  }

  return { identify, sendsAway };
}

/** @throws {TypeError} for permissions that this API does not know: whoever wrote the code misspelt them. */
function believed(
  { subject, guard }: Voucher,
  { self, permissions }: { self: object; permissions: ReadonlySet<string> },
) {
  if (guard !== null && guard !== self) {
    throw new Refusal("token_invalid", { detail: "facts that another guard's asService made" });
  }
  const unknown = subject.permissions.find((name) => !permissions.has(name));
  if (unknown !== undefined) throw new TypeError(`${JSON.stringify(unknown)} is none of this API's permissions`);
  return subject;
}
