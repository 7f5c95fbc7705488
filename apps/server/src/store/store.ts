import type { AuditLink, ChainedEntry, RevocationFact } from "@countersign/tokens";
import type { IssuerEvent } from "../events.ts";
import type {
  Account,
  Audience,
  AuditEntry,
  AuditKey,
  AuditSeal,
  Client,
  EndCause,
  Grantable,
  Handoff,
  Installation,
  Instance,
  Invitation,
  Mail,
  Metadata,
  NumberedEntry,
  RefreshSecret,
  Role,
  RoleDeclaration,
  RoleNarrowing,
  SealedText,
  Service,
  ServiceSecret,
  Session,
  StoredKey,
} from "./records.ts";
import type { SealedTable } from "./sealed.ts";

/** A committed fact and its place in the one order of commits. */
export interface NumberedFact {
  readonly number: number;
  readonly fact: RevocationFact;
}

/** How far the facts go. */
export interface FeedHead {
  /** Of the installation: which run of numbers this is. */
  readonly incarnation: string;
  /** The number that was given last, also where its fact is pruned by now. */
  readonly number: number;
}

export interface Page {
  /** At most so many. */
  readonly limit: number;
  /** Only what comes after this id. */
  readonly after?: string | undefined;
}

/** What is counted: attempts in a window of so many milliseconds, and how many are expected at most. */
export interface Counter {
  readonly key: string;
  readonly windowMs: number;
  readonly most: number;
}

/** Which entries of the audit are meant: those that fit all that is given. */
export interface AuditFilter {
  /** One event, or any of these. */
  readonly event?: string | readonly string[] | undefined;
  readonly outcome?: AuditEntry["outcome"] | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly session?: string | undefined;
  readonly address?: string | undefined;
  /** From this moment on, in milliseconds. */
  readonly from?: number | undefined;
  /** Before this one. */
  readonly to?: number | undefined;
}

/**
 * Everything that is asked of the database, one group per aggregate. A query never reads a clock: `now` is given. One
 * that changes a row answers whether it did, so that a race has a winner.
 */
export interface Queries {
  /** Database time in milliseconds; the process's clock where the database has none of its own. */
  now(): Promise<number>;
  readonly installation: {
    read(): Promise<Installation | undefined>;
    /** Answers false where another instance was first. */
    create(installation: Installation): Promise<boolean>;
    /** Replaces what is given; the rest stays. */
    update(change: Partial<Installation>): Promise<void>;
  };
  readonly accounts: {
    /** @throws {Refusal} `conflict` where the address is taken. */
    insert(account: Account): Promise<void>;
    byId(id: string): Promise<Account | undefined>;
    byEmail(email: string): Promise<Account | undefined>;
    list(page: Page): Promise<Account[]>;
    setPassword(id: string, passwordHash: string): Promise<boolean>;
    /** Notes that its address is proved, and takes its password away. False where that was known already. */
    claim(id: string, at: number): Promise<boolean>;
    /** Disables at a time, or enables with null. False where it was so already. */
    setDisabled(id: string, at: number | null): Promise<boolean>;
    /** Adds one, and answers the new version. */
    raiseVersion(id: string): Promise<number>;
    /** The same for many; those that are not there any more are left out. */
    raiseVersions(ids: readonly string[]): Promise<{ id: string; version: number }[]>;
    remove(id: string): Promise<boolean>;
  };
  readonly metadata: {
    /** Undefined where nothing was ever put. */
    read(accountId: string): Promise<Metadata | undefined>;
    /** Replaces the parts that are given. @throws {Refusal} `conflict` without such an account */
    put(accountId: string, parts: Partial<Metadata>): Promise<void>;
  };
  readonly sessions: {
    insert(session: Session): Promise<void>;
    byId(id: string): Promise<Session | undefined>;
    /** Those that have neither ended nor run out, newest first. */
    living(accountId: string, now: number): Promise<Session[]>;
    /** Compare-and-swap to the next generation, `WHERE gen = from AND ended_at IS NULL`; `late` becomes false. */
    rotate(
      id: string,
      from: number,
      to: { genAt: number; streak: number; idleEnd: number; secretVersion: number },
    ): Promise<boolean>;
    /** Sets how its person proved who they are, and raises its version: the new one, `undefined` where it has ended. */
    stepUp(id: string, proof: Pick<Session, "authTime" | "amr" | "acr">): Promise<number | undefined>;
    /** Sets `late` and `streak` where the generation is still this one, not late yet, and the session has not ended. */
    markLate(id: string, gen: number, streak: number): Promise<boolean>;
    /**
     * Notes when tokens are made from it, and keeps others from changing it until the commit. False where it is no longer
     * what was seen of it, or has ended.
     */
    hold(id: string, seen: Pick<Session, "gen" | "late" | "version">, at: number): Promise<boolean>;
    /** Those of these accounts for which tokens were made since then. */
    minters(accountIds: readonly string[], since: number): Promise<string[]>;
    /** False where it had ended before. */
    end(id: string, at: number, cause: EndCause): Promise<boolean>;
    /** Ends the living ones of an account, one excepted, and answers their ids. */
    endAll(accountId: string, at: number, cause: EndCause, except?: string): Promise<string[]>;
    /** Ends every living one there is, and answers how many those were. */
    endEveryone(at: number, cause: EndCause): Promise<number>;
    /** Deletes what ended or ran out before. */
    prune(before: number): Promise<number>;
  };
  readonly roles: {
    list(): Promise<Role[]>;
    byName(name: string): Promise<Role | undefined>;
    /** @throws {Refusal} `conflict` where the name is taken. */
    insert(role: Role): Promise<void>;
    /** Replaces description and permissions. */
    update(role: Role): Promise<boolean>;
    remove(name: string): Promise<boolean>;
    /** Takes everything from it, and hides it until it is removed: its grants may be too many to go with it at once. */
    retire(name: string, at: number): Promise<boolean>;
    /** False where the account had it. */
    grant(accountId: string, role: string): Promise<boolean>;
    revoke(accountId: string, role: string): Promise<boolean>;
    ofAccount(accountId: string): Promise<string[]>;
    /** Ids of accounts that hold it, in their order. */
    holders(role: string, page: Page): Promise<string[]>;
    /** How many accounts hold any of these. */
    countHolders(roles: readonly string[]): Promise<number>;
    /** Takes it from all of these. */
    revokeAll(accountIds: readonly string[], role: string): Promise<void>;
    /** How many accounts that are not disabled hold it. */
    enabledHolders(role: string): Promise<number>;
    /** Everything that the account's roles permit, anywhere. */
    grantedTo(accountId: string): Promise<Grantable[]>;
    /** Which APIs declared which roles. */
    declarations(): Promise<RoleDeclaration[]>;
    /** False where that API had declared it. @throws {Refusal} `conflict` where there is no such role. */
    declare(declaration: RoleDeclaration): Promise<boolean>;
    undeclare(declaration: RoleDeclaration): Promise<boolean>;
  };
  readonly roleNarrowings: {
    insert(narrowing: RoleNarrowing): Promise<void>;
    oldest(): Promise<RoleNarrowing | undefined>;
    update(narrowing: RoleNarrowing): Promise<void>;
    remove(id: string): Promise<void>;
  };
  readonly clients: {
    upsert(client: Client): Promise<void>;
    byId(id: string): Promise<Client | undefined>;
    list(): Promise<Client[]>;
  };
  readonly audiences: {
    /** Its version stays as it is, 0 in the beginning. */
    upsert(audience: Omit<Audience, "version">): Promise<void>;
    /** Adds one, and answers the new version. */
    raiseVersion(id: string): Promise<number>;
    byId(id: string): Promise<Audience | undefined>;
    list(): Promise<Audience[]>;
  };
  readonly services: {
    /** @throws {Refusal} `conflict` where the name is taken. */
    insert(service: Service): Promise<void>;
    byId(id: string): Promise<Service | undefined>;
    /** By name. */
    list(): Promise<Service[]>;
    /** Disables at a time, or enables with null. False where it was so already. */
    setDisabled(id: string, at: number | null): Promise<boolean>;
    /** Adds one, and answers the new version. */
    raiseVersion(id: string): Promise<number>;
    remove(id: string): Promise<boolean>;
    /** Everything that it may do, anywhere. */
    permissions(id: string): Promise<Grantable[]>;
    /** Replaces all of that. */
    setPermissions(id: string, permissions: readonly Grantable[]): Promise<void>;
    /** Ids of the services that may do any of this at an audience. */
    permittedAt(audience: string, permissions: readonly string[]): Promise<string[]>;
    /** The newest first. */
    secrets(id: string): Promise<ServiceSecret[]>;
    insertSecret(secret: ServiceSecret): Promise<void>;
    removeSecret(id: string, serviceId: string): Promise<boolean>;
    /** Notes the day on which a secret was used; false where it is noted already. */
    noteUse(secretId: string, day: number): Promise<boolean>;
  };
  readonly handoffs: {
    insert(handoff: Handoff): Promise<void>;
    /** Takes it out, whether it has expired or not: nobody finds it twice. */
    take(hash: string): Promise<Handoff | undefined>;
    prune(before: number): Promise<number>;
  };
  readonly proofs: {
    /** Notes a proof as used. False where it was: of two at once one is told so. */
    use(key: string, until: number): Promise<boolean>;
    prune(before: number): Promise<number>;
  };
  readonly invitations: {
    insert(invitation: Invitation): Promise<void>;
    list(page: Page): Promise<Invitation[]>;
    byHash(hash: string): Promise<Invitation | undefined>;
    take(hash: string): Promise<Invitation | undefined>;
    remove(id: string): Promise<boolean>;
    prune(before: number): Promise<number>;
  };
  readonly setUp: {
    /** Replaces the one link there is. */
    put(hash: string, expiresAt: number): Promise<void>;
    read(): Promise<{ hash: string; expiresAt: number } | undefined>;
    /** Takes the link out where its hash is this one; answers when it expires. */
    take(hash: string): Promise<{ expiresAt: number } | undefined>;
  };
  readonly mails: {
    insert(mail: Mail): Promise<void>;
    /** What is to be sent by now, the longest overdue first. */
    due(now: number, most: number): Promise<Mail[]>;
    /**
     * Counts one more attempt and puts it off until then, where no other instance has done so since it was read. Who gets
     * true sends it; should it die, the mail is due again.
     */
    claim(mail: Mail, until: number): Promise<boolean>;
    putOff(id: string, until: number): Promise<boolean>;
    remove(id: string): Promise<boolean>;
  };
  readonly keys: {
    list(): Promise<StoredKey[]>;
    /** The id of the key that signs. */
    signing(): Promise<string | undefined>;
    insert(key: StoredKey): Promise<void>;
    /** False where another instance did it first. */
    activate(kid: string, at: number): Promise<boolean>;
    retire(kid: string, at: number): Promise<boolean>;
    remove(kid: string): Promise<boolean>;
  };
  /** Everything that is encrypted at rest, wherever it stands. */
  readonly sealed: {
    list(): Promise<SealedText[]>;
    /** Puts another text in the place of one. False where that one is there no more. */
    replace(text: SealedText, sealed: string): Promise<boolean>;
    /** Deletes every row of a table that holds sealed texts. */
    clear(table: SealedTable): Promise<void>;
  };
  /** The instances that run, as far as they could say so. */
  readonly instances: {
    /** Says that one is there. */
    put(instance: Instance): Promise<void>;
    remove(id: string): Promise<void>;
    /** Those that said so after this moment. */
    since(moment: number): Promise<Instance[]>;
    prune(before: number): Promise<number>;
  };
  readonly refreshSecrets: {
    list(): Promise<RefreshSecret[]>;
    /** Answers false where the version exists. */
    insert(secret: RefreshSecret): Promise<boolean>;
  };
  readonly revocations: {
    /** Facts up to this number are committed: those that are kept are found by a query that is asked after this one. */
    head(): Promise<FeedHead>;
    /** Facts after a number, in order. */
    since(number: number): Promise<NumberedFact[]>;
    prune(before: number): Promise<number>;
  };
  readonly audit: {
    append(entry: AuditEntry): Promise<void>;
    /** Newest first. */
    list(page: Page & AuditFilter): Promise<NumberedEntry[]>;
  };
  /** The sealed part of the audit, and how what was appended gets there. */
  readonly auditChain: {
    /** What is not sealed yet, oldest first, so many at most. */
    unsealed(limit: number): Promise<AuditEntry[]>;
    /** The newest sealed entry's place. */
    end(): Promise<AuditLink | undefined>;
    /** The newest seal. */
    lastSeal(): Promise<AuditSeal | undefined>;
    /** Moves entries to their places at the end, under a new seal. In a transaction, with the lock "audit". */
    extend(entries: readonly ChainedEntry[], seal: AuditSeal): Promise<void>;
    /** Sealed entries after a number, in order, so many at most. */
    entries(after: number, limit: number): Promise<ChainedEntry[]>;
    /** Seals from one number to another, both included, in order. */
    seals(from: number, to: number): Promise<AuditSeal[]>;
    /** Newest first. */
    keys(): Promise<AuditKey[]>;
    insertKey(key: AuditKey): Promise<void>;
  };
  readonly attempts: {
    /**
     * Counts one more attempt at each in turn, until one is over its `most`: what comes after that one is not touched.
     * Answers the counts so far. Atomic; outside a transaction it may be lost with the power, though not with a process.
     * Whoever counts several gives them in the same order, or two would wait for each other.
     */
    count(counters: readonly Counter[], now: number): Promise<number[]>;
    clear(key: string): Promise<void>;
    /** Keeps a key beside the counted ones, until then. */
    remember(key: string, until: number): Promise<void>;
    remembers(key: string, now: number): Promise<boolean>;
    prune(before: number): Promise<number>;
  };
}

type LockName = "installation" | "administrators" | "keys" | "audit" | "roles" | "narrowings";

/** Queries inside a transaction. What it revokes gets its number as the last thing before the commit. */
export interface Transaction extends Queries {
  revoke(...facts: RevocationFact[]): void;
  /** Tells what happened to those who react to it: after the work, before the facts get their numbers. */
  emit(...events: IssuerEvent[]): void;
  /**
   * Lets one transaction at a time through, across all instances, until the commit. For what must be decided once:
   * the first administrator, the last one, a key's next step. `account:<id>` keeps a session from starting while its
   * account's password changes: a row that is not committed yet is not seen by what ends all of them. `roles` is shared by
   * who makes tokens, from before their permissions are read, and taken by who narrows a role: after that, tokens that
   * say what it permitted have been committed, and new ones do not say it. `narrowings` is for what follows from that.
   */
  lock(name: LockName | `account:${string}`): Promise<void>;
  /** Lets any number of transactions through that share it, and none that takes it by `lock`. */
  share(name: LockName): Promise<void>;
}

/** One statement of somebody else's, in the transaction that is open. Answers its rows, as the driver gives them. */
export type Query = (
  sql: string,
  parameters: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** What is done in the transaction that emitted these events. What it throws rolls everything back. */
export type Reaction = (events: readonly IssuerEvent[], query: Query) => Promise<void>;

/**
 * The database. Every failure that is not the caller's comes out as `Refusal("unavailable")` with the driver's error as
 * its cause, so a lost database or a full disk is a 503 wherever it is met.
 */
export interface Store extends Queries {
  /** All or nothing. What resolves has been committed durably. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Hears of this process's own facts, after their commit and before `transaction` resolves. Answers how to stop. */
  onFacts(listener: (facts: readonly NumberedFact[]) => void): () => void;
  /**
   * Hears that some instance may have committed facts, where the database can tell. Any may be missed: who must know
   * reads. Answers how to stop.
   */
  onNews(listener: () => void): () => void;
  /** Has something done in each transaction of this process that emits events. Answers how to stop. */
  onEvents(reaction: Reaction): () => void;
  /** Brings the schema up to date. Safe to run from several instances at once. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}
