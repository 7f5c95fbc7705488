import type { MailFacts, MailKind } from "./message.ts";

/** The words of a mail: one line, and plain text. */
interface Words {
  readonly subject: string;
  readonly text: string;
}

/** What each kind of mail says. `issuer` is the issuer's URL. */
export type MailTexts = { readonly [K in MailKind]: (facts: MailFacts[K], issuer: string) => Words };

/** Nothing in these was chosen by a stranger: no name, no greeting that could carry somebody else's message. */
export const plainTexts: MailTexts = {
  invitation: ({ link, expiresAt }, issuer) => ({
    subject: `You are invited to ${nameOf(issuer)}`,
    text: [
      `You are invited to make an account at ${nameOf(issuer)}.`,
      `This link is for you alone. It is good once, until ${utc(expiresAt)}:`,
      link,
      "If you did not expect this, do nothing: without the link there will be no account.",
    ].join("\n\n"),
  }),

  password_changed: ({ at, address }, issuer) => ({
    subject: `Your password at ${nameOf(issuer)} was changed`,
    text: [
      `The password of your account at ${nameOf(issuer)} was changed on ${utc(at)}${address === null ? "" : ` from ${address}`}.`,
      "All your other sessions were ended.",
      "If this was not you, tell whoever runs this service at once: somebody else can use your account.",
    ].join("\n\n"),
  }),

  address_proved: ({ at, address }, issuer) => ({
    subject: `Your account at ${nameOf(issuer)} is yours now`,
    text: [
      `On ${utc(at)} somebody signed in at ${nameOf(issuer)}${address === null ? "" : ` from ${address}`} with a proof that this e-mail address is theirs.`,
      "Until then nobody had proved it. So the password that the account had is gone, and all other sessions were ended.",
      "If this was not you, tell whoever runs this service at once: somebody else can use your account.",
    ].join("\n\n"),
  }),

  sign_up_attempt: ({ at }, issuer) => ({
    subject: `You already have an account at ${nameOf(issuer)}`,
    text: [
      `On ${utc(at)} somebody tried to make an account at ${nameOf(issuer)} with your e-mail address. You have one already, so none was made.`,
      "If this was you, sign in instead. If it was not, there is nothing to do: nobody got into your account.",
    ].join("\n\n"),
  }),
};

function nameOf(issuer: string): string {
  return issuer.replace("https://", "");
}

function utc(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
