import type { AccessDeclaration, Algorithm, DeclaredRole, World } from "@countersign/tokens";
import type pg from "pg";
import type { z } from "zod";
import type { MetadataSchemas } from "./services/accounts/metadata.ts";
import type { Hooks } from "./services/hooks.ts";
import type { SignUpPolicy } from "./services/joining/sign-ups.ts";
import type { Limit, LimitName } from "./services/limits/limits.ts";
import type { Logger } from "./services/logger.ts";
import type { MailOptions } from "./services/mail/options.ts";
import type { ClaimsOptions } from "./services/sessions/claims.ts";
import type { Lifetimes } from "./services/sessions/lifetimes.ts";
import type { SignInMethod } from "./services/sign-in/method.ts";
import type { Client } from "./store/records.ts";

/**
 * Where everything is kept: a file, which is made where it is missing, or PostgreSQL by a connection string or a pool of
 * one's own, which stays open. There the tables stand in a schema of their own, `countersign` unless given, which is made
 * where it is missing.
 */
export type Database =
  | { readonly sqlite: string }
  | { readonly postgres: string | pg.Pool; readonly schema?: string | undefined };

/** What an issuer is made of. Nothing is read from the environment. */
export interface IssuerOptions<
  C extends z.ZodType<object> = z.ZodType<object>,
  M extends MetadataSchemas = MetadataSchemas,
> {
  /** The issuer's identifier: its public https URL, without a slash at the end (RFC 8414 §2). */
  readonly issuer: string;
  readonly database: Database;
  /**
   * What encrypts private keys and secrets in the database: a file of its own (mode 0600, a key a line), which is made
   * at the first start over SQLite and never otherwise; or secrets of 32 bytes, as bytes or in base64url. The first encrypts,
   * the others still decrypt. Not to be kept beside a backup of the database.
   */
  readonly masterKeys: { readonly file: string } | readonly (string | Uint8Array)[];
  /** Who may make an account; `invite` unless given. */
  readonly signUp?: SignUpPolicy | undefined;
  /** Names of roles that everybody holds who signs up, beside those of an invitation. Given once: not to who is there. */
  readonly signUpRoles?: readonly string[] | undefined;
  /** Apps beside `console` and `cli`, each with the audiences that it may get tokens for: registered ones, or the issuer. */
  readonly clients?: readonly Client[] | undefined;
  /**
   * What routers of your own in this process ask for, beside the issuer's own permissions: they share its audience, so
   * one token serves both. Only ever added to what is known; `access.push` with `prune` is for APIs elsewhere.
   */
  readonly permissions?: readonly string[] | undefined;
  /** Roles that hold these permissions, or the issuer's own; by name. Made where they are missing, added to where not. */
  readonly roles?: Readonly<Record<string, DeclaredRole>> | undefined;
  /** APIs elsewhere, each with its permissions and roles. Added to what is known as well. */
  readonly audiences?: readonly AccessDeclaration[] | undefined;
  /**
   * What signing keys are made for: `EdDSA` (Ed25519) unless given, or `ES256`. Given, it is so for all instances from this
   * start on: successors are published, and sign as soon as every guard can know them, an hour later.
   */
  readonly algorithm?: Algorithm | undefined;
  /** Seconds. */
  readonly lifetimes?: Partial<Lifetimes> | undefined;
  /** How often credentials may be tried. */
  readonly limits?: Partial<Record<LimitName, Limit>> | undefined;
  /** Ways to sign in beside the password. */
  readonly signIn?: readonly SignInMethod[] | undefined;
  /** The installation's own claims. */
  readonly claims?: ClaimsOptions<C, M> | undefined;
  /** What the installation keeps of each account: a zod schema for what its owner may read, and one for the rest. */
  readonly metadata?: M | undefined;
  /** What it does when something happens, in the transaction that it happens in. */
  readonly on?: Hooks | undefined;
  /** How it sends mail; none is sent unless given. */
  readonly mail?: MailOptions | undefined;
  /** Clock and randomness; the machine's unless given. PostgreSQL keeps its own clock. */
  readonly world?: World | undefined;
  readonly logger?: Logger | undefined;
}
