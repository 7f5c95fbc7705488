import type { World } from "@countersign/tokens";
import type { Events } from "../../events.ts";
import type { Account } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { createId } from "../ids.ts";
import { assertSuitable } from "../passwords/password-rules.ts";
import type { Passwords } from "../passwords/passwords.ts";
import { normalizeEmail } from "./email.ts";
import type { MetadataRules } from "./metadata.ts";

/** What somebody says of themselves who gets an account. */
export interface NewAccountInput {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** The same, checked and hashed. */
export interface PreparedAccount {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/**
 * Everything about a new account that is dear or needs no database.
 *
 * @throws {Refusal} `bad_request`, `password_unsuitable`, `busy`
 */
export async function prepareAccount(input: NewAccountInput, passwords: Passwords): Promise<PreparedAccount> {
  const email = normalizeEmail(input.email);
  assertSuitable(input.password, { email, name: input.name });
  return { email, name: input.name, passwordHash: await passwords.hash(input.password) };
}

/** Puts accounts in: everything that is there from the beginning. */
export interface NewAccounts {
  /** @throws {Refusal} `conflict` where the address is taken */
  insert(tx: Transaction, prepared: PreparedAccount, entry: Entry, at: number): Promise<Account>;
}

/** How somebody came in, and what they hold from the first moment. */
type Entry = Pick<Events["account.created"], "roles" | "via">;

export function createNewAccounts({ world, metadata }: { world: World; metadata: MetadataRules }): NewAccounts {
  return {
    insert: async (tx, prepared, { roles, via }, at) => {
      // Who invited vouches for the address; for the first administrator's, the installation's owner does.
      const emailProvedAt = via === "sign_up" ? null : at;
      const id = createId(world);
      const account = { id, ...prepared, version: 1, disabledAt: null, createdAt: at, emailProvedAt };
      await tx.accounts.insert(account);
      await tx.metadata.put(account.id, metadata.initial());
      for (const role of roles) await tx.roles.grant(account.id, role);
      const { email, name } = account;
      tx.emit({ type: "account.created", at, account: id, email, name, roles, via });
      return account;
    },
  };
}
