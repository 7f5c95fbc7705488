import { z } from "zod";

/** Who may call a procedure: what stands in the access table, and as a literal in the router's type. */
export type Policy =
  /** Anybody, and why. Credentials are not looked at. */
  | { readonly open: string }
  /** Anybody, and why; whoever brings a token is recognised. */
  | { readonly orSignedIn: string }
  /** Whoever signed in: accounts, not services. `within`: the greatest age of the sign-in in seconds. */
  | { readonly signedIn: true; readonly within?: number | undefined }
  /** Accounts and services whose token carries all of these. */
  | { readonly allowed: readonly string[] }
  /** Accounts and services whose token carries at least one of these. */
  | { readonly allowedAny: readonly string[] };

/** Every procedure's path and who may call it: what is committed, compared by a test, and told to clients. */
export type AccessTable = Readonly<Record<string, Policy>>;

const MOST_PROCEDURES = 2_000;
const LONGEST = 300;

const why = z.string().max(LONGEST);
const names = z.array(z.string().max(LONGEST)).max(50).readonly();

const policy: z.ZodType<Policy, Policy> = z.union([
  z.strictObject({ open: why }),
  z.strictObject({ orSignedIn: why }),
  z.strictObject({ signedIn: z.literal(true), within: z.int().positive().optional() }),
  z.strictObject({ allowed: names }),
  z.strictObject({ allowedAny: names }),
]);

/** Checks an access table that came from outside. It grants nothing: the guard judges each call by its own. */
export const accessTable: z.ZodType<AccessTable, AccessTable> = z
  .record(z.string().max(LONGEST), policy)
  .refine((all) => Object.keys(all).length <= MOST_PROCEDURES, { error: `has to be ${MOST_PROCEDURES} at most` });
