import { Refusal, type World } from "@countersign/tokens";
import type { Queries, Store } from "../../store/store.ts";
import { normalizeEmail } from "../accounts/email.ts";
import { type NewAccountInput, type NewAccounts, prepareAccount } from "../accounts/new-account.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Caller } from "../caller.ts";
import type { Clients } from "../clients.ts";
import type { Limits } from "../limits/limits.ts";
import type { Mails } from "../mail/mails.ts";
import type { Passwords } from "../passwords/passwords.ts";
import type { HandoffReply, Handoffs, SignInRequest } from "../sessions/handoffs.ts";
import { assertInvited, takeInvitation } from "./invitation-redemption.ts";
import { warnOwner } from "./sign-up-warning.ts";

/** Who may make an account: nobody, who was invited, anybody. */
export type SignUpPolicy = "closed" | "invite" | "open";

export interface SignUpInput extends NewAccountInput {
  /** Secret of an invitation. */
  readonly invitation?: string | undefined;
}

export interface SignUps {
  /**
   * Makes an account, as far as the installation lets people in.
   *
   * @throws {Refusal} `sign_up_closed`, `invalid_code` (the invitation), `password_unsuitable`, `conflict`
   */
  signUp(input: SignUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}

export interface SignUpsDeps {
  readonly store: Store;
  readonly world: World;
  readonly audit: AuditWriter;
  readonly clients: Clients;
  readonly handoffs: Handoffs;
  readonly limits: Limits;
  readonly mails: Mails;
  readonly newAccounts: NewAccounts;
  readonly passwords: Passwords;
  readonly policy: SignUpPolicy;
  /** Held by everybody who signs up. */
  readonly roles: readonly string[];
}

export function createSignUps(deps: SignUpsDeps): SignUps {
  const { store, audit, clients, handoffs, limits, mails, newAccounts, passwords, policy, roles } = deps;

  const create = async (input: SignUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply> => {
    if (policy === "closed" || (policy === "invite" && input.invitation === undefined)) {
      throw new Refusal("sign_up_closed");
    }
    // Asked before the password is hashed, and decided below, where it is taken.
    if (input.invitation !== undefined) await assertInvited(store, input.invitation);
    const prepared = await prepareAccount(input, passwords);
    return await store.transaction(async (tx) => {
      const secret = input.invitation;
      const invitation = secret === undefined ? undefined : await takeInvitation(tx, secret, prepared.email);
      const at = await tx.now();
      const via = invitation ? "invitation" : "sign_up";
      const given = new Set([...(await rolesThere(tx, roles)), ...(invitation?.roles ?? [])]);
      const account = await newAccounts.insert(tx, prepared, { roles: [...given], via }, at);
      const detail = { invitation: invitation?.id ?? null, client: request.client };
      await audit.write(tx, { event: "sign_up.accepted", at, by: caller, actor: account.id, detail });
      return await handoffs.create(tx, account, { amr: ["pwd"], acr: "1fa" }, request, at);
    });
  };

  return {
    signUp: async (input, request, caller) => {
      await clients.admit(request);
      await limits.address(caller);
      try {
        return await create(input, request, caller);
      } catch (cause) {
        if (cause instanceof Refusal && (cause.reason === "invalid_code" || cause.reason === "sign_up_closed")) {
          const detail = { cause: cause.reason };
          await audit.write(store, { event: "sign_up.refused", at: await store.now(), by: caller, detail });
        }
        // Whose address is taken hears of it, but by an invitation: that one was made for an address without account.
        if (cause instanceof Refusal && cause.reason === "conflict" && policy === "open") {
          await warnOwner(store, mails, normalizeEmail(input.email));
        }
        throw cause;
      }
    },
  };
}

/** One that was removed since the start is no reason to turn anybody away. */
async function rolesThere(queries: Queries, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) if (await queries.roles.byName(name)) found.push(name);
  return found;
}
