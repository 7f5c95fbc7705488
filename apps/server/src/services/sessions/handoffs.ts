import { createOneTimeSecret, hashOneTimeSecret, Refusal, type World } from "@countersign/tokens";
import type { Account, Handoff } from "../../store/records.ts";
import type { Queries, Transaction } from "../../store/store.ts";

/** Where a sign-in comes from: its handoff is good only there. */
export interface SignInRequest {
  readonly client: string;
  /** The request's `Origin`; null where no browser called. */
  readonly origin: string | null;
  /** The thumbprint of the key that its session is to be bound to (RFC 9449 §10); none unless given. */
  readonly jkt?: string | null | undefined;
}

export interface HandoffReply {
  readonly handoff: string;
  /** Seconds. */
  readonly expiresIn: number;
}

/** How somebody was found to be who they are (RFC 8176). */
interface Authentication {
  readonly amr: readonly string[];
  readonly acr: "1fa" | "2fa";
}

export interface Handoffs {
  /** Makes one for a sign-in that has just succeeded. */
  create(
    queries: Queries,
    account: Account,
    how: Authentication,
    request: SignInRequest,
    now: number,
  ): Promise<HandoffReply>;
  /**
   * Knows, without the database, what can be no handoff.
   *
   * @throws {Refusal} `invalid_grant`
   */
  check(presented: string): void;
  /**
   * Takes one out, and holds the account's lock. The refusal rolls the transaction back, so it leaves the handoff there.
   *
   * @throws {Refusal} `invalid_grant` for one that is unknown, used, expired, of another client, origin or key, or
   * older than the account's newest version
   */
  redeem(
    tx: Transaction,
    presented: string,
    request: SignInRequest,
    now: number,
  ): Promise<{ handoff: Handoff; account: Account }>;
}

const LIFE_MS = 60_000;
const HANDOFF = /^([A-Za-z0-9_-]{43})\.(0|[1-9][0-9]{0,15})$/;

/**
 * A handoff reads `<secret>.<account version>`, and its row is found by the hash of the secret *and* that version: who
 * signed in with a password that has been changed since holds a version that is no longer the account's.
 */
export function createHandoffs({ world }: { world: World }): Handoffs {
  return {
    create: async (queries, account, how, { client, origin, jkt = null }, now) => {
      const { secret, hash } = await createOneTimeSecret(world);
      await queries.handoffs.insert({
        hash: rowKey(hash, account.version),
        accountId: account.id,
        clientId: client,
        origin,
        jkt,
        amr: how.amr,
        acr: how.acr,
        authTime: now,
        expiresAt: now + LIFE_MS,
      });
      return { handoff: `${secret}.${account.version}`, expiresIn: LIFE_MS / 1000 };
    },

    check: (presented) => void parse(presented),

    redeem: async (tx, presented, request, now) => {
      const { secret, version } = parse(presented);
      const hash = await hashOneTimeSecret(secret);
      const handoff = hash && (await tx.handoffs.take(rowKey(hash, version)));
      if (!handoff) throw refused("unknown");
      if (now >= handoff.expiresAt) throw refused("expired");
      if (handoff.clientId !== request.client) throw refused("wrong_client");
      if (handoff.origin !== request.origin) throw refused("wrong_origin");
      if (handoff.jkt !== (request.jkt ?? null)) throw refused("wrong_key");
      // Until this transaction's session is there to be ended, nothing may end the account's sessions.
      await tx.lock(`account:${handoff.accountId}`);
      const account = await tx.accounts.byId(handoff.accountId);
      if (!account || account.disabledAt !== null) throw refused("disabled");
      if (account.version !== version) throw refused("outdated");
      return { handoff, account };
    },
  };
}

function parse(presented: string): { secret: string; version: number } {
  const [, secret, version] = HANDOFF.exec(presented) ?? [];
  if (secret === undefined || version === undefined) throw refused("malformed");
  return { secret, version: Number(version) };
}

function rowKey(hash: string, version: number): string {
  return `${hash}.${version}`;
}

function refused(cause: string): Refusal {
  return new Refusal("invalid_grant", { detail: `handoff: ${cause}` });
}
