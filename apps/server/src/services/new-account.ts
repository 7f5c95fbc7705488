import type { World } from "@countersign/tokens";
import type { Account } from "../store/records.ts";
import type { Transaction } from "../store/store.ts";
import { normalizeEmail } from "./email.ts";
import { createId } from "./ids.ts";
import { assertSuitable } from "./password-rules.ts";
import type { Passwords } from "./passwords.ts";

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

/** @throws {Refusal} `conflict` where the address is taken */
export async function insertAccount(
  tx: Transaction,
  prepared: PreparedAccount,
  world: World,
  now: number,
): Promise<Account> {
  const account = { id: createId(world), ...prepared, version: 1, disabledAt: null, createdAt: now };
  await tx.accounts.insert(account);
  return account;
}
