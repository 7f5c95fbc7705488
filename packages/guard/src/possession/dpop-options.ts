import { isAudience, type ReplayStore } from "@countersign/tokens";
import { positive } from "../positive.ts";

/** How an API takes tokens that are bound to a key (DPoP, RFC 9449). */
export interface DpopOptions {
  /**
   * The URL that clients give their links, such as `https://api.acme.example/trpc`. Proofs name it, whatever a proxy
   * makes of host and path; only the last part of a request's own path is read, the procedures.
   */
  readonly publicUrl: string;
  /** Whether bearer tokens are refused; `false` by default: they are taken beside bound ones. */
  readonly required?: boolean;
  /** Whether every proof has to hold a nonce of this API's; `false` by default: then one does it instead of a right clock. */
  readonly nonceRequired?: boolean;
  /** At least 32 bytes that the processes which serve this URL share; of each process's own by default. */
  readonly nonceSecret?: Uint8Array<ArrayBuffer>;
  /** Where the processes which serve this URL remember used proofs together; each in its memory by default. */
  readonly replayStore?: ReplayStore;
  /** How many used proofs that memory holds, 100 000 by default. When it is full, calls are refused as `busy`. */
  readonly rememberProofs?: number;
}

export interface DpopSettings {
  readonly publicUrl: string;
  readonly required: boolean;
  readonly nonceRequired: boolean;
  readonly nonceSecret: Uint8Array<ArrayBuffer> | undefined;
  readonly replayStore: ReplayStore | undefined;
  readonly rememberProofs: number;
}

/** @throws {TypeError} with a sentence that names the setting. */
export function checkDpop(options: DpopOptions): DpopSettings {
  const { publicUrl, required = false, nonceRequired = false, nonceSecret, replayStore } = options;
  if (typeof publicUrl !== "string" || !isAudience(publicUrl)) {
    throw new TypeError(
      "dpop.publicUrl: must be an https URL without credentials, query or fragment (http on loopback only)",
    );
  }
  for (const [name, value] of Object.entries({ required, nonceRequired })) {
    if (typeof value !== "boolean") throw new TypeError(`dpop.${name}: true or false`);
  }
  if (nonceSecret !== undefined && !(nonceSecret instanceof Uint8Array && nonceSecret.length >= 32))
    throw new TypeError("dpop.nonceSecret: at least 32 bytes");
  if (replayStore !== undefined && typeof replayStore.add !== "function")
    throw new TypeError("dpop.replayStore: must have a function add(key, until)");
  return {
    publicUrl: publicUrl.replace(/\/$/, ""),
    required,
    nonceRequired,
    nonceSecret,
    replayStore,
    rememberProofs: positive("dpop.rememberProofs", options.rememberProofs ?? 100_000),
  };
}
