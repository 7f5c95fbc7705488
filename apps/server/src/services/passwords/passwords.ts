import { Refusal } from "@countersign/tokens";
import { assertStrong, decoyOf, defaultParameters, type HashParameters, isCurrent } from "../hashing/parameters.ts";
import { createHashPool, type HashPool } from "../hashing/pool.ts";

/** The longest password, in bytes of UTF-8. */
export const MAX_PASSWORD_BYTES = 1024;

export interface Passwords {
  /**
   * An encoded argon2id hash, to be stored. Does not check whether the password is a good one: `assertSuitable` does.
   *
   * @throws {Refusal} `password_unsuitable` for what cannot be hashed as it stands, `busy` with `retryAfter`.
   */
  hash(password: string): Promise<string>;
  /**
   * Whether it is the password of this hash, exactly as it stands: nothing trimmed, cut or folded (ASVS 6.2.8). Without
   * a hash, and for what can be no password, the answer is no at the price of a real one.
   *
   * @throws {Refusal} `busy` with `retryAfter`, `internal` for a stored hash that argon2 cannot read.
   */
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether a hash was made with other settings than today's (ASVS 11.2.2). */
  needsRehash(hash: string): boolean;
  close(): Promise<void>;
}

export interface PasswordOptions {
  readonly parameters?: HashParameters;
  /** Closed by `close`. */
  readonly pool?: HashPool;
}

/**
 * Password hashing by argon2id (RFC 9106) in processes of their own.
 *
 * @throws {TypeError} for parameters that are weaker than ASVS 11.4.2 asks.
 */
export function createPasswords(options: PasswordOptions = {}): Passwords {
  const { parameters = defaultParameters } = options;
  assertStrong(parameters);
  const { pool = createHashPool() } = options;
  const decoy = decoyOf(parameters);

  return {
    hash: async (password) => {
      if (!isHashable(password)) throw new Refusal("password_unsuitable", { detail: "not to be hashed as it stands" });
      const answer = await pool.run({ act: "hash", password, parameters });
      if (!("encoded" in answer)) throw new Refusal("internal", { detail: "no hash came of a password" });
      return answer.encoded;
    },
    verify: async (hash, password) => {
      const hashable = isHashable(password);
      const job = { act: "verify", encoded: hash ?? decoy, password: hashable ? password : "" } as const;
      const answer = await pool.run(job);
      if ("right" in answer) return answer.right && hash !== null && hashable;
      throw new Refusal("internal", { detail: "a stored password hash cannot be read" });
    },
    needsRehash: (hash) => !isCurrent(hash, parameters),
    close: () => pool.close(),
  };
}

/**
 * Half a surrogate pair has no UTF-8: every one of them would become the same replacement character, and different
 * passwords the same.
 */
function isHashable(password: string): boolean {
  return (
    password.length <= MAX_PASSWORD_BYTES &&
    Buffer.byteLength(password) <= MAX_PASSWORD_BYTES &&
    password.isWellFormed()
  );
}
