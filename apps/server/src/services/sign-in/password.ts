import { z } from "zod";
import type { Store } from "../../store/store.ts";
import { normalizeEmail } from "../accounts/email.ts";
import type { Passwords } from "../passwords/passwords.ts";
import { defineSignInMethod, wrongCredentials } from "./method.ts";
import { rehash } from "./rehash.ts";

export interface PasswordDeps {
  readonly store: Store;
  readonly passwords: Passwords;
}

/**
 * Sign-in by e-mail and password. An unknown account, a disabled one and a wrong password are one refusal and cost one
 * hash each.
 */
export function createPasswordMethod({ store, passwords }: PasswordDeps) {
  return defineSignInMethod({
    name: "password",
    input: z.strictObject({ email: z.string(), password: z.string() }),
    subject: ({ email }) => normalizeEmail(email),
    prove: async ({ email, password }) => {
      const account = await store.accounts.byEmail(normalizeEmail(email));
      const right = await passwords.verify(account?.passwordHash ?? null, password);
      if (!account) throw wrongCredentials("unknown account");
      if (!right) throw wrongCredentials("wrong password", account.id);
      if (account.disabledAt !== null) throw wrongCredentials("disabled account", account.id);
      if (account.passwordHash && passwords.needsRehash(account.passwordHash)) {
        await rehash(store, passwords, account.id, account.passwordHash, password);
      }
      return { account: account.id, version: account.version, amr: ["pwd"], acr: "1fa" };
    },
  });
}
