import { Refusal } from "@countersign/tokens";
import type { Store } from "../../store/store.ts";
import type { AuditWriter } from "../audit.ts";
import type { Caller } from "../caller.ts";
import type { Clients } from "../clients.ts";
import type { HandoffReply, Handoffs, SignInRequest } from "../handoffs.ts";
import type { Attempt, Limits } from "../limits.ts";
import { accountTried, type Proof, type SignInMethod, wrongCredentials } from "./method.ts";

export interface SignIn {
  /**
   * Runs a method and answers a handoff.
   *
   * @throws {Refusal} `rate_limited`, `wrong_credentials`, `invalid_client`, `origin_refused`, `busy`; `not_found` without
   * such a method
   */
  run(method: string, input: unknown, request: SignInRequest, caller: Caller): Promise<HandoffReply>;
}

export interface SignInDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly clients: Clients;
  readonly handoffs: Handoffs;
  readonly limits: Limits;
  readonly methods: readonly SignInMethod[];
}

/** @throws {TypeError} for two methods of one name */
export function createSignIn({ store, audit, clients, handoffs, limits, methods }: SignInDeps): SignIn {
  const byName = new Map(methods.map((method) => [method.name, method]));
  if (byName.size !== methods.length) throw new TypeError("two sign-in methods have the same name");

  const writeRefusal = async (method: string, refusal: Refusal, caller: Caller) => {
    const detail = { method, cause: refusal.detail ?? null };
    const at = await store.now();
    await audit.write(store, { event: "sign_in.refused", at, by: caller, subject: accountTried(refusal), detail });
  };

  const finish = (method: string, proof: Proof, attempt: Attempt, request: SignInRequest, caller: Caller) =>
    store.transaction(async (tx) => {
      const account = await tx.accounts.byId(proof.account);
      if (!account) throw wrongCredentials("unknown account");
      if (account.disabledAt !== null) throw wrongCredentials("disabled account", account.id);
      const at = await tx.now();
      const detail = { method, client: request.client };
      await audit.write(tx, { event: "sign_in.succeeded", at, by: caller, actor: account.id, detail });
      await attempt.forgive(tx);
      return await handoffs.create(tx, account, proof, request, at);
    });

  return {
    run: async (name, input, request, caller) => {
      const method = byName.get(name);
      if (!method) throw new Refusal("not_found");
      await clients.admit(request);
      const attempt = await limits.signIn(method.subject?.(input), caller);
      try {
        return await finish(name, await method.prove(input, caller), attempt, request, caller);
      } catch (cause) {
        if (cause instanceof Refusal && cause.reason === "wrong_credentials") await writeRefusal(name, cause, caller);
        throw cause;
      }
    },
  };
}
