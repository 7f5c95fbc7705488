import type { ProofKeyPair } from "@countersign/client";
import { importJWK, type JWK } from "jose";

/** What a process that calls is told. */
export interface CallsJob {
  /** Where the API listens. */
  readonly origin: string;
  readonly issuer: string;
  /** The API's public URL, which proofs name. */
  readonly audience: string;
  readonly token: string;
  /** A token of the issuer's own API. */
  readonly own: string;
  readonly isBound: boolean;
  readonly key: { readonly publicKey: JWK; readonly privateKey: JWK };
  /** In seconds. */
  readonly warmUp: number;
  readonly seconds: number;
}

/** The pair as WebCrypto has it. */
export async function keyOf({ key }: CallsJob): Promise<ProofKeyPair> {
  const [publicKey, privateKey] = await Promise.all([
    importJWK(key.publicKey, "ES256", { extractable: true }),
    importJWK(key.privateKey, "ES256"),
  ]);
  return { publicKey: publicKey as CryptoKey, privateKey: privateKey as CryptoKey };
}

const LANES = 32;

/**
 * Calls in 32 lanes, each its next call when the last one was answered: first to warm up, then to be counted.
 *
 * @param open makes a lane ready; what it answers makes one call
 * @returns calls per second
 */
export async function callsPerSecond(
  { warmUp, seconds }: Pick<CallsJob, "warmUp" | "seconds">,
  open: () => Promise<() => Promise<void>>,
): Promise<number> {
  const lanes = await Promise.all(Array.from({ length: LANES }, open));
  await run(lanes, warmUp);
  return (await run(lanes, seconds)) / seconds;
}

async function run(lanes: readonly (() => Promise<void>)[], seconds: number): Promise<number> {
  const end = Date.now() + seconds * 1000;
  let calls = 0;
  const work = async (call: () => Promise<void>) => {
    while (Date.now() < end) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(lanes.map(work));
  return calls;
}
