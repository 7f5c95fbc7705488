import { hashOneTimeSecret, Refusal, type World } from "@countersign/tokens";
import type { Invitation } from "../store/records.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { AuditWriter } from "./audit.ts";
import type { Caller } from "./caller.ts";
import type { Clients } from "./clients.ts";
import type { HandoffReply, Handoffs, SignInRequest } from "./handoffs.ts";
import type { Limits } from "./limits.ts";
import { insertAccount, type NewAccountInput, prepareAccount } from "./new-account.ts";
import type { Passwords } from "./passwords.ts";

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
  readonly passwords: Passwords;
  readonly policy: SignUpPolicy;
}

export function createSignUps(deps: SignUpsDeps): SignUps {
  const { store, world, audit, clients, handoffs, limits, passwords, policy } = deps;

  const create = async (input: SignUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply> => {
    if (policy === "closed" || (policy === "invite" && input.invitation === undefined)) {
      throw new Refusal("sign_up_closed");
    }
    const prepared = await prepareAccount(input, passwords);
    return await store.transaction(async (tx) => {
      const at = await tx.now();
      const invitation = await takeInvitation(tx, input.invitation, prepared.email, at);
      const account = await insertAccount(tx, prepared, world, at);
      await grantInvited(tx, account.id, invitation);
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
        throw cause;
      }
    },
  };
}

/** Takes the invitation out with the account that it makes; a refusal rolls both back, so it stays good. */
async function takeInvitation(
  tx: Transaction,
  secret: string | undefined,
  email: string,
  now: number,
): Promise<Invitation | undefined> {
  if (secret === undefined) return undefined;
  const hash = await hashOneTimeSecret(secret);
  const invitation = hash === undefined ? undefined : await tx.invitations.take(hash);
  if (!invitation || now >= invitation.expiresAt || invitation.email !== email) throw new Refusal("invalid_code");
  return invitation;
}

/** A role that was removed since the invitation is not granted. */
async function grantInvited(tx: Transaction, account: string, invitation: Invitation | undefined): Promise<void> {
  if (!invitation?.roles.length) return;
  await tx.lock("administrators");
  for (const role of invitation.roles) {
    if (await tx.roles.byName(role)) await tx.roles.grant(account, role);
  }
}
