import { Refusal, reservedClaims } from "@countersign/tokens";
import { z } from "zod";
import type { Account, Audience, JsonObject } from "../../store/records.ts";
import type { Queries, Store, Transaction } from "../../store/store.ts";
import type { MetadataOf, MetadataRules, MetadataSchemas } from "../accounts/metadata.ts";
import { jsonBytes, plainJson } from "../plain-json.ts";
import { within } from "../within.ts";

/**
 * The longest that the installation's own claims may be as JSON, in bytes of UTF-8. They travel with every call, and a
 * verifier reads no token of more than 8192 characters, the permissions included.
 */
export const MAX_CLAIMS_BYTES = 2048;

/** How long they may take to be found. */
const PATIENCE_MS = 5000;

/** Every lost round is a change of the account in between, so a few are enough. */
const ROUNDS = 4;

/** The installation's own claims: what its tokens say beside ours. Give `schema` to `createGuard({ claims })` as well. */
export interface ClaimsOptions<C extends z.ZodType<object>, M extends MetadataSchemas> {
  /** What they look like. Only what it names gets into a token. */
  readonly schema: C;
  /**
   * Finds them, each time that tokens are made for an account. What is not found within 5 s, throws, does not fit or is
   * too long refuses the sign-in or refresh, and changes nothing: the session goes on.
   */
  of(subject: {
    /** Account id. */
    readonly account: string;
    /** Of which API the token is for. */
    readonly audience: string;
    readonly metadata: MetadataOf<M>;
  }): Promise<z.input<C>> | z.input<C>;
}

/** The claims of an account's tokens, by audience; nothing where the installation has none. */
export type ClaimsFor = (account: Account, audiences: readonly Audience[]) => Promise<ReadonlyMap<string, JsonObject>>;

export interface OwnClaims {
  /**
   * Runs a transaction that needs claims, whose source is never asked while one is open: that could take long, and ask
   * anything. Where they are not at hand `claimsFor` rolls the transaction back, they are found, and the work begins
   * again; so call it before anything is done that cannot be undone. They are good for the version of the account that was
   * read before they were found, and for no other.
   *
   * @throws {Refusal} `internal`, `unavailable`; whatever the work and the source throw
   */
  transaction<T>(work: (tx: Transaction, claimsFor: ClaimsFor) => Promise<T>): Promise<T>;
}

export interface OwnClaimsDeps {
  readonly store: Store;
  readonly metadata: MetadataRules;
  readonly options: ClaimsOptions<z.ZodType<object>, MetadataSchemas> | undefined;
}

/** @throws {TypeError} for options that make no sense, and a schema that names what is reserved */
export function createOwnClaims({ store, metadata, options }: OwnClaimsDeps): OwnClaims {
  if (!options) return { transaction: (work) => store.transaction((tx) => work(tx, async () => none)) };
  checkOptions(options);
  return {
    transaction: async (work) => {
      let found: Found | undefined;
      for (let round = 0; round < ROUNDS; round += 1) {
        const claimsFor = async (tx: Queries, account: Account, audiences: readonly Audience[]) => {
          const subject = { account: account.id, version: account.version, audiences: audiences.map(({ id }) => id) };
          if (found && sameSubject(found.subject, subject)) return found.claims;
          throw new Missing(subject, await metadata.read(tx, account.id));
        };
        try {
          return await store.transaction((tx) => work(tx, (...about) => claimsFor(tx, ...about)));
        } catch (thrown) {
          if (!(thrown instanceof Missing)) throw thrown;
          found = await find(thrown, options);
        }
      }
      throw new Refusal("busy", { retryAfter: 1, detail: "the account changed while its claims were found" });
    },
  };
}

const none: ReadonlyMap<string, JsonObject> = new Map();

interface Subject {
  readonly account: string;
  readonly version: number;
  readonly audiences: readonly string[];
}

interface Found {
  readonly subject: Subject;
  readonly claims: ReadonlyMap<string, JsonObject>;
}

/** Rolls a transaction back that cannot go on without these claims. */
class Missing extends Error {
  readonly subject: Subject;
  readonly metadata: MetadataOf<MetadataSchemas>;

  constructor(subject: Subject, metadata: MetadataOf<MetadataSchemas>) {
    super("claims are missing");
    this.subject = subject;
    this.metadata = metadata;
  }
}

function sameSubject(one: Subject, other: Subject): boolean {
  const same = one.account === other.account && one.version === other.version;
  return same && one.audiences.join(" ") === other.audiences.join(" ");
}

async function find({ subject, metadata }: Missing, options: NonNullable<OwnClaimsDeps["options"]>): Promise<Found> {
  const { account, audiences } = subject;
  const claims = await Promise.all(
    audiences.map(async (audience) => {
      const given = await ask(() => options.of({ account, audience, metadata }));
      return [audience, judge(options.schema, given)] as const;
    }),
  );
  return { subject, claims: new Map(claims) };
}

async function ask(source: () => unknown): Promise<unknown> {
  try {
    return await within(PATIENCE_MS, source);
  } catch (cause) {
    throw cause instanceof Refusal ? cause : failed("could not be found", cause);
  }
}

function judge(schema: z.ZodType<object>, given: unknown): JsonObject {
  let claims: JsonObject;
  try {
    claims = plainJson(schema.parse(given));
    schema.parse(claims); // as guards will
  } catch (cause) {
    throw failed("do not fit their schema", cause);
  }
  const reserved = Object.keys(claims).find((name) => reservedClaims.has(name));
  if (reserved !== undefined) throw failed(`name "${reserved}", which is reserved`);
  if (jsonBytes(claims) > MAX_CLAIMS_BYTES) throw failed(`are longer than ${MAX_CLAIMS_BYTES} bytes`);
  return claims;
}

function failed(how: string, cause?: unknown): Refusal {
  return new Refusal("internal", { detail: `the installation's own claims ${how}`, cause });
}

function checkOptions({ schema, of }: NonNullable<OwnClaimsDeps["options"]>): void {
  if (typeof schema?.safeParse !== "function") throw new TypeError("claims.schema: a zod schema");
  if (typeof of !== "function") throw new TypeError("claims.of: a function that finds the claims of an account");
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const reserved = names.find((name) => reservedClaims.has(name));
  if (reserved !== undefined) throw new TypeError(`claims.schema: "${reserved}" is a reserved claim name`);
}
