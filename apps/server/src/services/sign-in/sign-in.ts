import { Refusal } from "@countersign/tokens";
import type { Store, Transaction } from "../../store/store.ts";
import { claimByAddress } from "../accounts/address-claim.ts";
import { normalizeEmail } from "../accounts/email.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Caller } from "../caller.ts";
import type { Clients } from "../clients.ts";
import type { Attempt, Limits } from "../limits/limits.ts";
import type { Mails } from "../mail/mails.ts";
import type { HandoffReply, Handoffs, SignInRequest } from "../sessions/handoffs.ts";
import { checkMethods, checkProof } from "./check-method.ts";
import { accountTried, type Proof, type SignInMethod, wrongCredentials } from "./method.ts";

export interface SignIn {
  /**
   * Runs a method and answers a handoff.
   *
   * @throws {Refusal} `rate_limited`, `wrong_credentials`, `bad_request`, `invalid_client`, `origin_refused`, `busy`;
   * `not_found` without such a method
   */
  run(method: string, input: unknown, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}

export interface SignInDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly clients: Clients;
  readonly handoffs: Handoffs;
  readonly limits: Limits;
  readonly mails: Mails;
  readonly methods: readonly SignInMethod[];
}

/** Until somebody proves again who they are, in seconds. */
const RETRY_AFTER_S = 1;

/**
 * What all methods have in common: where a sign-in may come from, how often it may be tried, what is written down, and that
 * the account is there and may sign in.
 *
 * @throws {TypeError} for a method that is none, or two of one name
 */
export function createSignIn({ store, audit, clients, handoffs, limits, mails, methods }: SignInDeps): SignIn {
  const byName = checkMethods(methods);

  const writeRefusal = async (method: string, refusal: Refusal, caller: Caller) => {
    const detail = { method, cause: refusal.detail ?? null };
    const at = await store.now();
    await audit.write(store, { event: "sign_in.refused", at, by: caller, subject: accountTried(refusal), detail });
  };

  /** The account of an address that somebody has proved. */
  const owned = async (tx: Transaction, email: string, caller: Caller) => {
    const account = await tx.accounts.byEmail(normalizeEmail(email));
    return account && (await claimByAddress(tx, { audit, mails }, account, caller));
  };

  const finish = (method: string, proof: Proof, attempt: Attempt, request: SignInRequest, caller: Caller) =>
    store.transaction(async (tx) => {
      const account = await ("account" in proof ? tx.accounts.byId(proof.account) : owned(tx, proof.email, caller));
      if (!account) throw wrongCredentials("unknown account");
      if (account.disabledAt !== null) throw wrongCredentials("disabled account", account.id);
      if ("account" in proof && (proof.version ?? account.version) !== account.version)
        throw new Refusal("busy", { detail: "the account has changed meanwhile", retryAfter: RETRY_AFTER_S });
      const at = await tx.now();
      const detail = { method, client: request.client };
      await audit.write(tx, { event: "sign_in.succeeded", at, by: caller, actor: account.id, detail });
      await attempt.forgive(tx);
      return await handoffs.create(tx, account, proof, request, at);
    });

  return {
    run: async (name, given, request, caller) => {
      const method = byName.get(name);
      if (!method) throw new Refusal("not_found");
      await clients.admit(request);
      const input = method.input.safeParse(given);
      const attempt = await limits.signIn(name, input.success ? method.subject?.(input.data) : undefined, caller);
      if (!input.success) throw new Refusal("bad_request", { detail: `input of the method "${name}"` });
      try {
        const proof = checkProof(name, await method.prove(input.data, caller));
        return await finish(name, proof, attempt, request, caller);
      } catch (cause) {
        if (cause instanceof Refusal && cause.reason === "wrong_credentials") await writeRefusal(name, cause, caller);
        throw cause;
      }
    },
  };
}
