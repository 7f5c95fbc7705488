import type { SessionReply } from "@countersign/tokens";
import type { Session } from "../../store/records.ts";
import type { Actor, Caller } from "../caller.ts";
import { createAdmission } from "../limits/admission.ts";
import type { SessionDeps } from "./session-deps.ts";
import { createSessionEnd } from "./session-end.ts";
import { createSessionRefresh } from "./session-refresh.ts";
import { createSessionStart } from "./session-start.ts";

export interface StartInput {
  readonly handoff: string;
  readonly client: string;
  /** The request's `Origin`; null where no browser called. */
  readonly origin: string | null;
  /** Audiences to get an access token for; the first of its client by default. */
  readonly audiences?: readonly string[] | undefined;
  /** The refresh token of a session that this one takes the place of. */
  readonly replaces?: string | undefined;
  readonly proof?: Proof;
}

/** The request's `DPoP` header, as it came (RFC 9449 §4.1). */
type Proof = string | undefined;

export interface RefreshInput {
  readonly refreshToken: string;
  readonly client: string;
  readonly audiences?: readonly string[] | undefined;
  readonly proof?: Proof;
}

export interface EndInput {
  readonly refreshToken: string;
  readonly client: string;
  readonly proof?: Proof;
}

/** The one door: nothing else in the house issues tokens to people. */
export interface Sessions {
  /**
   * Redeems a handoff for the tokens of a new session. The reply always holds the refresh token.
   *
   * @throws {Refusal} `invalid_grant`, `invalid_target`, `busy`; `proof_invalid`, `use_dpop_nonce`
   */
  start(input: StartInput, caller: Caller): Promise<SessionReply>;
  /**
   * Rotates a refresh token, or answers the same successor again.
   *
   * @throws {Refusal} `invalid_grant`, `invalid_target`, `key_mismatch`, `busy`; `proof_invalid`, `use_dpop_nonce`
   */
  refresh(input: RefreshInput, caller: Caller): Promise<SessionReply>;
  /**
   * Ends the session of a refresh token of any generation. What is dead or was never ours is no error (RFC 7009 §2.2).
   *
   * @throws {Refusal} `invalid_grant` for a token of another client, `key_mismatch` without its key's proof: it stays alive;
   * `busy`, `proof_invalid`, `use_dpop_nonce`
   */
  end(input: EndInput, caller: Caller): Promise<void>;
  /** The living sessions of an account, newest first. */
  list(account: string): Promise<readonly Session[]>;
  /** @throws {Refusal} `not_found` unless it is a living session of the actor's own */
  endOwn(id: string, actor: Actor): Promise<void>;
  /** Ends all sessions of the actor but the one that asks, and answers how many. */
  endOthers(actor: Actor): Promise<number>;
}

/**
 * What strangers can ask for passes an admission before it reaches the database. Refreshing has one of its own: however
 * many come or go at once, who is signed in stays so.
 */
export function createSessions(deps: SessionDeps): Sessions {
  const [admit, admitRefresh] = [createAdmission(), createAdmission()];
  const start = createSessionStart(deps);
  const refresh = createSessionRefresh(deps);
  const { end, ...own } = createSessionEnd(deps);
  return {
    start: (input, caller) => admit(caller, () => start(input, caller)),
    refresh: (input, caller) => admitRefresh(caller, () => refresh(input, caller)),
    end: (input, caller) => admit(caller, () => end(input, caller)),
    ...own,
    list: async (account) => await deps.store.sessions.living(account, await deps.store.now()),
  };
}
