import type { AccessTable, Algorithm, AuditFields, Place, PublicJwk } from "@countersign/tokens";
import type { SealedTable } from "./sealed.ts";

// What the store keeps, as the rest of the house sees it. Times are milliseconds since the epoch, by the database's
// clock; ids are 128 random bits in base64url; `org` is null outside an organisation.

export interface Installation {
  /** In every refresh token's code; a new one kills them all. */
  readonly epoch: string;
  /** Id of the master key that sealed the first secret: a start with another one is refused. */
  readonly masterKeyId: string;
  /** Names the run of numbers that revocation facts are in; null where none was named yet. */
  readonly feedIncarnation: string | null;
  /** What new signing keys are made for. */
  readonly keyAlgorithm: Algorithm;
}

export interface Account {
  readonly id: string;
  /** Normalised; unique. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly version: number;
  readonly disabledAt: number | null;
  readonly createdAt: number;
  /** Since when it is known that the address is its owner's; null where they have only said so. */
  readonly emailProvedAt: number | null;
}

/** What an installation keeps of an account: two JSON objects of its own shape. */
export interface Metadata {
  /** For its owner to read. */
  readonly public: JsonObject;
  /** For the installation alone. */
  readonly private: JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Session {
  readonly id: string;
  readonly accountId: string;
  readonly clientId: string;
  readonly org: string | null;
  readonly gen: number;
  readonly genAt: number;
  readonly late: boolean;
  readonly streak: number;
  readonly salt: string;
  readonly secretVersion: number;
  readonly version: number;
  readonly jkt: string | null;
  readonly authTime: number;
  readonly amr: readonly string[];
  readonly acr: "1fa" | "2fa";
  readonly idleEnd: number;
  readonly absEnd: number;
  readonly endedAt: number | null;
  readonly endCause: EndCause | null;
  /** What the device called itself, cut to 200 characters; for its owner to recognise. */
  readonly userAgent: string | null;
  readonly createdAt: number;
}

export type EndCause =
  | "signed_out"
  | "replaced"
  | "ended_by_owner"
  | "ended_by_administrator"
  | "password_changed"
  | "address_proved"
  | "account_disabled"
  | "account_removed"
  | "reuse"
  | "refresh_ahead"
  | "keys_reset"
  | "restored";

/** Proof of a finished sign-in, redeemed once for tokens. Kept under the hash of its secret. */
export interface Handoff {
  readonly hash: string;
  readonly accountId: string;
  readonly clientId: string;
  /** The browser origin that it was made for; null where no browser called. */
  readonly origin: string | null;
  readonly jkt: string | null;
  readonly amr: readonly string[];
  readonly acr: "1fa" | "2fa";
  readonly authTime: number;
  readonly expiresAt: number;
}

export interface Invitation {
  readonly id: string;
  readonly hash: string;
  readonly email: string;
  readonly roles: readonly string[];
  readonly invitedBy: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A mail that is to be sent. */
export interface Mail {
  readonly id: string;
  readonly kind: string;
  /** What it is about, for the audit: the account, or the invitation. */
  readonly subject: string;
  /** To whom, and what it says, sealed for (`mails`, id, `sealed`): links hold secrets. */
  readonly sealed: string;
  readonly attempts: number;
  readonly dueAt: number;
  readonly createdAt: number;
}

/** A permission as an audience knows it. */
export interface Grantable {
  readonly audience: string;
  readonly permission: string;
}

export interface Role {
  readonly name: string;
  readonly description: string;
  /** Made by the server itself, and not to be changed or removed. */
  readonly builtIn: boolean;
  readonly permissions: readonly Grantable[];
}

/** That an API brings a role along. Several may bring the same one. */
export interface RoleDeclaration {
  readonly role: string;
  readonly audience: string;
}

/** That something was taken from a role, and what of it is still to be done. */
export interface RoleNarrowing {
  readonly id: string;
  readonly role: string;
  /** Where its holders may do less now. */
  readonly audiences: readonly string[];
  /** Tokens that were made before this moment have expired. */
  readonly mintedSince: number;
  /** Whether the role goes, with its grants. */
  readonly removes: boolean;
  /** What is done now, for one chunk of holders after the other: see `services/access/role-narrowing.ts`. */
  readonly step: "counting" | "raising" | "clearing";
  /** The holder that the last chunk ended with; empty before the first. */
  readonly after: string;
  /** How many holders were counted so far that have tokens. */
  readonly minters: number;
  readonly createdAt: number;
}

/** A registered app. */
export interface Client {
  readonly id: string;
  readonly name: string;
  /**
   * Where its refresh token rests: a cookie that only we read, or its own storage; `bound` there as well, but beside a key
   * that every request for tokens is proved with (DPoP, RFC 9449).
   */
  readonly mode: "cookie" | "storage" | "bound";
  /** Exact browser origins that may use it; empty for a program that is no browser. */
  readonly origins: readonly string[];
  /** The audiences that it may get tokens for; the first where a request names none. */
  readonly audiences: readonly string[];
}

/** An API that accepts our tokens. */
export interface Audience {
  /** Its public base URL. */
  readonly id: string;
  /** What it knows of; nothing else is ever in a scope for it. */
  readonly permissions: readonly string[];
  /** Who may call what there; null where it was never told. */
  readonly procedures: AccessTable | null;
  /** Whether its tokens are bound to the key of a session that has one. */
  readonly boundTokens: boolean;
  /** In its tokens: what raises it makes all of them too old. */
  readonly version: number;
}

/** A program that acts for itself, as the subject of tokens of its own (RFC 9068 §5). */
export interface Service {
  readonly id: string;
  /** For people; unique. */
  readonly name: string;
  readonly version: number;
  readonly disabledAt: number | null;
  readonly createdAt: number;
}

/** What a service proves itself by: 256 random bits, kept as their hash. */
export interface ServiceSecret {
  readonly id: string;
  readonly serviceId: string;
  readonly hash: string;
  readonly createdAt: number;
  /** The start of the day, in UTC, on which it was used last; null for never. */
  readonly usedOn: number | null;
}

export interface StoredKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly publicJwk: PublicJwk;
  /** The private half, sealed for (`signing_keys`, kid, `sealed`). */
  readonly sealed: string;
  readonly publishedAt: number;
  readonly activatedAt: number | null;
  readonly retiredAt: number | null;
}

/** A text that is encrypted at rest, and its place. */
export interface SealedText {
  readonly place: Place & { readonly table: SealedTable };
  readonly sealed: string;
}

/** A process that runs on this database. */
export interface Instance {
  readonly id: string;
  /** The master key that it encrypts with. */
  readonly masterKeyId: string;
  /** When it last said that it is there. */
  readonly seenAt: number;
}

/** A secret that refresh tokens are made with, sealed for (`refresh_secrets`, version, `sealed`). */
export interface RefreshSecret {
  readonly version: number;
  readonly sealed: string;
  readonly createdAt: number;
}

export interface AuditEntry extends AuditFields {
  /** Account that acted, if known. */
  readonly actor: string | null;
  /** Account, session, role … that it was done to. */
  readonly subject: string | null;
  /** Flat, and never a secret. */
  readonly detail: AuditFields["detail"];
}

/** An entry and its number in the chain; null while it waits for the sealer. */
export interface NumberedEntry extends AuditEntry {
  readonly seq: number | null;
}

/** The signed end of the chain at some moment. */
export interface AuditSeal {
  readonly seq: number;
  /** A JWS (`sealAudit`). */
  readonly seal: string;
}

/** A key that signs seals and nothing else. */
export interface AuditKey {
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  /** The private half, sealed for (`audit_keys`, kid, `sealed`). */
  readonly sealed: string;
  readonly createdAt: number;
}
