import { Facts } from "../request/facts.ts";
import type { Subject } from "../verify/verifier.ts";

/** Whom code in this process speaks for, without a token. */
export interface Voucher {
  readonly subject: Subject;
  /** Which guard believes it; `null`: whichever is asked. */
  readonly guard: object | null;
}

/** Private to this module: what is not put in here by `vouch` carries no principal, whatever a request says. */
const vouchers = new WeakMap<Facts, Voucher>();

/** Facts of a call that never was a request: they hold no header, and say by themselves who calls. */
export function vouch(voucher: Voucher): Facts {
  const facts = new Facts({}, () => []);
  vouchers.set(facts, Object.freeze({ ...voucher }));
  return facts;
}

export function voucherOf(facts: Facts): Voucher | undefined {
  return vouchers.get(facts);
}
