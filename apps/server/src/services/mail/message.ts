/** What each kind of mail is about. */
export interface MailFacts {
  /** Somebody was invited. The link is good once, and until it expires: milliseconds since the epoch. */
  readonly invitation: { readonly link: string; readonly expiresAt: number };
  /** The password of this account was changed, at a time and from an address. */
  readonly password_changed: { readonly at: number; readonly address: string | null };
  /** Somebody proved this account's address, which nobody had done before, at a time and from an address. */
  readonly address_proved: { readonly at: number; readonly address: string | null };
  /** Somebody tried to sign up with the address of this account. */
  readonly sign_up_attempt: { readonly at: number };
}

export type MailKind = keyof MailFacts;

/** One mail before it has words. */
export type Letter<Kind extends MailKind = MailKind> = {
  readonly [K in Kind]: { readonly kind: K; readonly to: string; readonly facts: MailFacts[K] };
}[Kind];

/** A mail as it goes out. Its facts are for who writes the words elsewhere, in templates for example. */
export type MailMessage<Kind extends MailKind = MailKind> = Letter<Kind> & {
  /** The same whenever this mail is tried again: a sender that remembers it sends nothing twice. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
};
