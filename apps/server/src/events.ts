import type { EndCause } from "./store/records.ts";

/** What happens to accounts, by name, and what is told of each: ids and what people may see, never a secret. */
export interface Events {
  /** Somebody signed up, came by an invitation, or is the first administrator. No `role.granted` for these roles. */
  readonly "account.created": {
    readonly account: string;
    readonly email: string;
    readonly name: string;
    readonly roles: readonly string[];
    readonly via: "sign_up" | "invitation" | "set_up";
  };
  /** The account's rows are gone already. */
  readonly "account.removed": Acted & { readonly email: string };
  readonly "account.disabled": Acted;
  readonly "account.enabled": Acted;
  readonly "account.password_changed": Acted;
  /** Whoever proved the address has it now, and the password of whoever had only named it is gone. */
  readonly "account.address_proved": Acted;
  /** Some of its metadata was replaced: these parts. */
  readonly "account.metadata_changed": Acted & { readonly parts: readonly ("public" | "private")[] };
  readonly "session.started": {
    readonly account: string;
    readonly session: string;
    readonly client: string;
    /** How the person proved who they are (RFC 8176). */
    readonly amr: readonly string[];
  };
  /**
   * Somebody or something ended it. One that nobody refreshes runs out without an event, and so do all when an operator
   * runs `restored` or `reset-keys`: no program with hooks runs then.
   */
  readonly "session.ended": { readonly account: string; readonly session: string; readonly cause: EndCause };
  readonly "role.granted": Acted & { readonly role: string };
  /** Taken from one account. */
  readonly "role.revoked": Acted & { readonly role: string };
  /** The role itself is gone, and with it everybody's grant of it: no `role.revoked` for these. */
  readonly "role.removed": { readonly role: string; readonly actor: string | null };
}

interface Acted {
  /** To whom it happened. */
  readonly account: string;
  /** The account that did it; null for the program itself. */
  readonly actor: string | null;
}

export type EventName = keyof Events;

/** Something that happened, in the transaction that it happened in. */
export type IssuerEvent<Name extends EventName = EventName> = {
  readonly [N in Name]: Events[N] & {
    readonly type: N;
    /** Database time in milliseconds since the epoch. */
    readonly at: number;
  };
}[Name];
