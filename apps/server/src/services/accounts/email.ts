import { Refusal } from "@countersign/tokens";

/** RFC 5321 §4.5.3.1: local part and whole address, in octets; ASCII only, so characters. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;

const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one spelling of an address. Normalises first (NFKC, lower case, no white space around it) and judges the result,
 * so that no look-alike gets past the check and becomes another's address afterwards. What is unique is the result.
 *
 * Only ASCII addresses are accepted. Does not check: that anybody reads mail there.
 *
 * @throws {Refusal} `bad_request`
 */
export function normalizeEmail(text: string): string {
  const email = text.normalize("NFKC").toLowerCase().trim();
  const at = email.lastIndexOf("@");
  const labels = email.slice(at + 1).split(".");
  const fits = email.length <= MAX_ADDRESS && at > 0 && at <= MAX_LOCAL;
  if (!fits || !LOCAL.test(email.slice(0, at)) || labels.length < 2 || !labels.every((label) => LABEL.test(label))) {
    throw new Refusal("bad_request", { detail: "not an e-mail address" });
  }
  return email;
}
