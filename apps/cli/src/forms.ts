import { isAudience, isPermission } from "@countersign/tokens/names";
import { Failure } from "./failure.ts";

/** What a value has to look like. The server has the last word; this is so that a slip is named before it is asked. */
export interface Form {
  /** Goes on from the value's name: "<account> is …". Stands in the help as well. */
  readonly says: string;
  fits(text: string): boolean;
}

/** A value that has its form. @throws {Failure} `usage` with the value's name and not the value: it may be a secret */
export function inForm(name: string, text: string, form: Form): string {
  if (form.fits(text)) return text;
  throw new Failure("usage", `${name} is ${form.says}; this is not.`);
}

/** RFC 5321 §4.5.3.1, in ASCII as the server takes it. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** An e-mail address; whether anybody reads mail there is another matter. */
export const email: Form = {
  says: "an e-mail address, such as ann@example.com",
  fits: (text) => {
    const address = text.normalize("NFKC").toLowerCase().trim();
    const at = address.lastIndexOf("@");
    const short = address.length <= MAX_ADDRESS && at <= MAX_LOCAL;
    return short && LOCAL.test(address.slice(0, Math.max(at, 0))) && DOMAIN.test(address.slice(at + 1));
  },
};

/** A person's name. */
export const personName: Form = {
  says: "1 to 100 characters in one line",
  fits: (text) => /^[^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]{1,100}$/u.test(text.trim()),
};

/** An identifier, and the command that lists such. */
export const idFrom = (list: string): Form => ({
  says: `an ID from \`countersign ${list}\``,
  fits: (text) => /^[A-Za-z0-9_-]{22}$/.test(text),
});

const accountId = idFrom("users list");

/** Which account is meant. */
export const account: Form = {
  says: `${accountId.says}, or an e-mail address`,
  fits: (text) => accountId.fits(text) || email.fits(text),
};

export const roleName: Form = {
  says: "small letters, digits and dashes, a letter first, 64 at most",
  fits: (text) => /^[a-z][a-z0-9-]{0,63}$/.test(text),
};

export const description: Form = { says: "300 characters at most", fits: (text) => text.trim().length <= 300 };

/** A permission of the server itself, or with its audience one of another API. */
export const permission: Form = {
  says: "noun:verb, or noun:verb@https://api.example.com for another API",
  fits: (text) => {
    const [own = "", audience] = text.split(/@(.*)/s, 2);
    return isPermission(own) && (audience === undefined || isAudience(audience));
  },
};

/** How many rows of a list may come at once. */
export const pageSize: Form = {
  says: "a whole number from 1 to 100",
  fits: (text) => /^([1-9]\d?|100)$/.test(text),
};

/** An event of the audit, or all of a kind. */
export const eventName: Form = {
  says: "an event such as sign_in.refused, or a kind of them such as sign_in",
  fits: (text) => /^[a-z_]{1,32}(\.[a-z_]{1,31})?$/.test(text),
};

export const outcome: Form = { says: "success or refused", fits: (text) => ["success", "refused"].includes(text) };

/** A moment in UTC, whatever the zone of this machine is. */
export const moment: Form = {
  says: "a day or a time in UTC, such as 2026-08-01 or 2026-08-01T12:30Z",
  fits: (text) => /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) && !Number.isNaN(Date.parse(text)),
};

/** The number of an entry in the audit's chain. */
export const entryNumber: Form = { says: "the number of an entry", fits: (text) => /^[1-9]\d{0,14}$/.test(text) };

/** A place in the audit's chain. */
export const auditHead: Form = {
  says: "the head that `countersign audit verify` showed, an entry's number and hash",
  fits: (text) => /^[1-9]\d{0,14}:[A-Za-z0-9_-]{43}$/.test(text),
};

export const keyId: Form = {
  says: "an ID from `countersign audit keys`",
  fits: (text) => /^[A-Za-z0-9_-]{43}$/.test(text),
};
