import { createOneTimeSecret, hashOneTimeSecret, Refusal, type World } from "@countersign/tokens";
import type { Queries, Store } from "../../store/store.ts";
import { ADMINISTRATOR } from "../access/administrators.ts";
import { type NewAccountInput, type NewAccounts, prepareAccount } from "../accounts/new-account.ts";
import type { AuditWriter } from "../audit/audit.ts";
import { type Caller, NOBODY } from "../caller.ts";
import type { Clients } from "../clients.ts";
import type { Limits } from "../limits/limits.ts";
import type { Passwords } from "../passwords/passwords.ts";
import type { HandoffReply, Handoffs, SignInRequest } from "../sessions/handoffs.ts";

interface SetUpInput extends NewAccountInput {
  readonly secret: string;
}

/** The way in for the first administrator. */
export interface SetUp {
  /** A fresh link in place of any earlier one, good for 24 hours; `undefined` when there is an administrator. */
  link(): Promise<string | undefined>;
  /**
   * Makes the first administrator, once.
   *
   * @throws {Refusal} `invalid_code` for a secret that is wrong, used, expired or no longer needed; `password_unsuitable`
   */
  redeem(input: SetUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}

export interface SetUpDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly world: World;
  readonly audit: AuditWriter;
  readonly clients: Clients;
  readonly handoffs: Handoffs;
  readonly limits: Limits;
  readonly newAccounts: NewAccounts;
  readonly passwords: Passwords;
}

const LIFE_MS = 24 * 60 * 60 * 1000;

export function createSetUp(deps: SetUpDeps): SetUp {
  const { issuer, store, world, audit, clients, handoffs, limits, newAccounts, passwords } = deps;

  const redeem = async (input: SetUpInput, request: SignInRequest, caller: Caller): Promise<HandoffReply> => {
    const hash = await hashOneTimeSecret(input.secret);
    // Asked before the password is hashed, and decided below, where it is taken.
    const link = await store.setUp.read();
    if (hash === undefined || link?.hash !== hash) throw new Refusal("invalid_code");
    const prepared = await prepareAccount(input, passwords);
    return await store.transaction(async (tx) => {
      await tx.lock("administrators");
      const at = await tx.now();
      const taken = await tx.setUp.take(hash);
      if (!taken || at >= taken.expiresAt || (await hasAdministrator(tx))) throw new Refusal("invalid_code");
      const account = await newAccounts.insert(tx, prepared, { roles: [ADMINISTRATOR], via: "set_up" }, at);
      await audit.write(tx, { event: "set_up.redeemed", at, by: caller, actor: account.id });
      return await handoffs.create(tx, account, { amr: ["pwd"], acr: "1fa" }, request, at);
    });
  };

  return {
    link: () =>
      store.transaction(async (tx) => {
        await tx.lock("administrators");
        if (await hasAdministrator(tx)) return undefined;
        const { secret, hash } = await createOneTimeSecret(world);
        const at = await tx.now();
        await tx.setUp.put(hash, at + LIFE_MS);
        await audit.write(tx, { event: "set_up.link_made", at, by: NOBODY });
        // Behind the hash, so that no server, proxy or log on the way ever sees the secret.
        return `${issuer}/setup#${secret}`;
      }),

    redeem: async (input, request, caller) => {
      await clients.admit(request);
      await limits.address(caller);
      try {
        return await redeem(input, request, caller);
      } catch (cause) {
        if (cause instanceof Refusal && cause.reason === "invalid_code") {
          await audit.write(store, { event: "set_up.refused", at: await store.now(), by: caller });
        }
        throw cause;
      }
    },
  };
}

async function hasAdministrator(queries: Queries): Promise<boolean> {
  return (await queries.roles.enabledHolders(ADMINISTRATOR)) > 0;
}
