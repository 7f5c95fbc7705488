import { Refusal } from "@countersign/tokens";
import { isCommonPassword } from "./common-passwords.ts";
import { READINGS, undisguise } from "./disguises.ts";
import { MAX_PASSWORD_BYTES } from "./passwords.ts";

/** The shortest password, in characters (code points). */
const MIN_PASSWORD_LENGTH = 8;

/** From so many characters on a word counts: whole ones, and the parts of a name. */
const MIN_WHOLE_LENGTH = 3;
const MIN_PART_LENGTH = 4;

/** Words that no password may lean on, for everybody (ASVS 6.1.2, 6.2.11). */
export const productWords: readonly string[] = ["countersign"];

/** What an attacker who knows the account would try first. */
export interface PasswordContext {
  readonly email?: string;
  readonly name?: string;
  /** More words of the installation: its company, its product. */
  readonly words?: readonly string[];
}

type Rule = (password: string, context: PasswordContext) => boolean;

/** Each by the words that go to the log when it is broken. No rule asks for kinds of characters (ASVS 6.2.5). */
const rules: readonly (readonly [string, Rule])[] = [
  ["not well-formed text", (password) => password.isWellFormed()],
  ["too long", (password) => Buffer.byteLength(password) <= MAX_PASSWORD_BYTES],
  ["too short", (password) => lengthOf(password) >= MIN_PASSWORD_LENGTH],
  ["a common one", (password) => !isCommonPassword(password, MIN_PASSWORD_LENGTH)],
  ["little but the product's or the account's name", (password, context) => !leansOn(password, wordsOf(context))],
];

/**
 * The rules for a new password (ASVS 6.2): 8 characters to 1024 bytes, none of the common ones, and enough of it left
 * without the names of product and account.
 *
 * Does not check: whether the same password was used before or elsewhere.
 *
 * @throws {Refusal} `password_unsuitable`; the detail says which rule, and never the password.
 */
export function assertSuitable(password: string, context: PasswordContext = {}): void {
  const broken = rules.find(([, holds]) => !holds(password, context));
  if (broken) throw new Refusal("password_unsuitable", { detail: broken[0] });
}

/** Whether a word stands in it and too little remains without: "C0unter-Sign2026" has four characters of its own. */
function leansOn(password: string, { whole, parts }: Words): boolean {
  return READINGS.some((reading) => {
    const read = (text: string) => undisguise(text, reading);
    const words = [
      ...whole.map(read).filter((word) => lengthOf(word) >= MIN_WHOLE_LENGTH),
      ...parts.map(read).filter((word) => lengthOf(word) >= MIN_PART_LENGTH),
    ].sort((one, other) => other.length - one.length);
    const folded = read(password);
    const rest = words.reduce((text, word) => text.replaceAll(word, ""), folded);
    return rest !== folded && lengthOf(rest) < MIN_PASSWORD_LENGTH;
  });
}

interface Words {
  readonly whole: readonly string[];
  readonly parts: readonly string[];
}

function wordsOf({ email = "", name = "", words = [] }: PasswordContext): Words {
  const local = email.slice(0, Math.max(0, email.lastIndexOf("@")));
  const parts = [local, name].flatMap((text) => text.split(/[^\p{L}\p{N}]+/u));
  return { whole: [email, local, name, ...words, ...productWords], parts };
}

function lengthOf(text: string): number {
  return [...text].length;
}
