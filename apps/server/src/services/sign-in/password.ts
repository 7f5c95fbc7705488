import { Refusal } from "@countersign/tokens";
import { z } from "zod";
import type { Store } from "../../store/store.ts";
import { normalizeEmail } from "../email.ts";
import type { Passwords } from "../passwords.ts";
import { type SignInMethod, wrongCredentials } from "./method.ts";
import { rehash } from "./rehash.ts";

const input = z.strictObject({ email: z.string(), password: z.string() });

export interface PasswordDeps {
  readonly store: Store;
  readonly passwords: Passwords;
}

/**
 * Sign-in by e-mail and password. An unknown account, a disabled one and a wrong password are one refusal and cost one
 * hash each. Attempts are counted before anything is hashed: the caller does so.
 */
export function createPasswordMethod({ store, passwords }: PasswordDeps): SignInMethod {
  return {
    name: "password",
    subject: (given) => {
      const { data } = input.safeParse(given);
      return data && normalizeEmail(data.email);
    },
    prove: async (given) => {
      const parsed = input.safeParse(given);
      if (!parsed.success) throw new Refusal("bad_request", { detail: "input of the password method" });
      const { email, password } = parsed.data;
      const account = await store.accounts.byEmail(normalizeEmail(email));
      const right = await passwords.verify(account?.passwordHash ?? null, password);
      if (!account) throw wrongCredentials("unknown account");
      if (!right) throw wrongCredentials("wrong password", account.id);
      if (account.disabledAt !== null) throw wrongCredentials("disabled account", account.id);
      if (account.passwordHash && passwords.needsRehash(account.passwordHash)) {
        await rehash(store, passwords, account.id, account.passwordHash, password);
      }
      return { account: account.id, amr: ["pwd"], acr: "1fa" };
    },
  };
}
