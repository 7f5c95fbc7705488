import { Refusal } from "@countersign/tokens";
import type { Account, Metadata } from "../../store/records.ts";
import type { Page, Queries, Store } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import { type Actor, NOBODY } from "../caller.ts";
import type { Limits } from "../limits/limits.ts";
import type { Mails } from "../mail/mails.ts";
import type { Passwords } from "../passwords/passwords.ts";
import { createAccountAdministration, holdAccount } from "./account-administration.ts";
import { normalizeEmail } from "./email.ts";
import type { MetadataChange, MetadataRules } from "./metadata.ts";
import { replaceMetadata } from "./metadata-change.ts";
import { createPasswordChange } from "./password-change.ts";
import { createStepUp } from "./step-up.ts";

/** An account as it may be shown: without its password hash. */
interface AccountView extends Omit<Account, "passwordHash" | "version" | "emailProvedAt"> {
  readonly roles: readonly string[];
}

export interface Accounts {
  /**
   * By its id or its address, with its metadata, whose private part its owner must not see.
   *
   * @throws {Refusal} `not_found`, `bad_request` for what is no address
   */
  get(
    which: { readonly id: string } | { readonly email: string },
  ): Promise<AccountView & { readonly metadata: Metadata }>;
  list(page: Page): Promise<readonly AccountView[]>;
  /**
   * Changes the actor's password; ends all its other sessions, and makes every token it has now too old.
   *
   * @throws {Refusal} `wrong_credentials`, `password_unsuitable`, `rate_limited`, `busy`, `conflict`
   */
  changePassword(input: { readonly current: string; readonly next: string }, actor: Actor): Promise<void>;
  /**
   * Proves the actor's password again: their session has a fresh `auth_time` from its next refresh on, and its tokens of
   * before are too old.
   *
   * @throws {Refusal} `wrong_credentials`, `rate_limited`, `busy`, `conflict`, `session_ended`
   */
  stepUp(password: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted`, `last_administrator` */
  disable(id: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted` */
  enable(id: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted`, `last_administrator` */
  remove(id: string, actor: Actor): Promise<void>;
  /** Ends all sessions of an account and answers how many. @throws {Refusal} `not_found`, `not_permitted` */
  endSessions(id: string, actor: Actor): Promise<number>;
  /**
   * Replaces the parts that are given; `narrowed` makes every token it has now too old.
   *
   * @throws {Refusal} `not_found`, `not_permitted`, `bad_request`, `too_large`
   */
  setMetadata(id: string, change: MetadataChange, actor: Actor): Promise<void>;
  /** The same by the program itself, which may do so to everybody. */
  setMetadataAsProgram(id: string, change: MetadataChange): Promise<void>;
}

export interface AccountsDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly limits: Limits;
  readonly mails: Mails;
  readonly metadata: MetadataRules;
  readonly passwords: Passwords;
}

export function createAccounts(deps: AccountsDeps): Accounts {
  const { store, audit, metadata } = deps;
  return {
    get: async (which) => {
      const { accounts } = store;
      const account = await ("id" in which ? accounts.byId(which.id) : accounts.byEmail(normalizeEmail(which.email)));
      if (!account) throw new Refusal("not_found");
      return { ...(await viewOf(store, account)), metadata: await metadata.read(store, account.id) };
    },
    list: async (page) => {
      const accounts = await store.accounts.list(page);
      return await Promise.all(accounts.map((account) => viewOf(store, account)));
    },
    changePassword: createPasswordChange(deps),
    stepUp: createStepUp(deps),
    ...createAccountAdministration(deps),
    setMetadataAsProgram: async (id, change) => {
      const parts = metadata.check(change);
      await store.transaction(async (tx) => {
        await holdAccount(tx, id);
        await replaceMetadata(tx, audit, { id, parts, narrowed: change.narrowed, by: NOBODY });
      });
    },
  };
}

async function viewOf(queries: Queries, { id, email, name, disabledAt, createdAt }: Account): Promise<AccountView> {
  return { id, email, name, disabledAt, createdAt, roles: await queries.roles.ofAccount(id) };
}
