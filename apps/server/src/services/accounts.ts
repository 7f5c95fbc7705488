import type { Account } from "../store/records.ts";
import type { Page } from "../store/store.ts";
import type { Actor } from "./caller.ts";

/** An account as it may be shown: without its password hash. */
export interface AccountView extends Omit<Account, "passwordHash" | "version"> {
  readonly roles: readonly string[];
}

export interface Accounts {
  /** @throws {Refusal} `not_found` */
  get(id: string): Promise<AccountView>;
  list(page: Page): Promise<readonly AccountView[]>;
  /**
   * Changes the actor's password; ends all its other sessions.
   *
   * @throws {Refusal} `wrong_credentials`, `password_unsuitable`, `rate_limited`, `busy`
   */
  changePassword(input: { readonly current: string; readonly next: string }, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `last_administrator` */
  disable(id: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found` */
  enable(id: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `last_administrator` */
  remove(id: string, actor: Actor): Promise<void>;
  /** Ends all sessions of an account and answers how many. @throws {Refusal} `not_found` */
  endSessions(id: string, actor: Actor): Promise<number>;
}
