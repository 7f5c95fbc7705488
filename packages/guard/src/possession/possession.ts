import {
  accessTokenHash,
  createProofNonces,
  createProofVerifier,
  createReplayMemory,
  Refusal,
  type World,
} from "@countersign/tokens";
import type { Scheme } from "../request/bearer.ts";
import { Facts } from "../request/facts.ts";
import type { VerifiedToken } from "../verify/verifier.ts";
import type { DpopSettings } from "./dpop-options.ts";

/** Who alone may present a token: whoever holds the key that it is bound to. */
export interface Holder {
  readonly jkt: string;
  readonly ath: string;
}

/** How a guard has it proved that a bound token is presented by its holder. */
export interface Possession {
  /** The schemes of `Authorization` that are taken. */
  readonly schemes: readonly Scheme[];
  /** Whether a bearer token may come with this request, so that nothing else is to be asked about it. */
  isBearer(facts: Facts): boolean;
  /**
   * Asks it of a request whose token is genuine. Once a request: the same proof does not hold twice.
   *
   * @throws {Refusal} `key_mismatch`, `proof_invalid`, `use_dpop_nonce`, `busy`
   */
  assert(facts: Facts, scheme: Scheme, holder: Holder | null): Promise<void>;
}

/** @returns `null` for a bearer token */
export async function holderOf(text: string, { jkt }: VerifiedToken): Promise<Holder | null> {
  return jkt === null ? null : { jkt, ath: await accessTokenHash(text) };
}

/** Where proofs are not read, a bound token is worth nothing (RFC 9449 §7.2). */
export const noPossession: Possession = {
  schemes: ["Bearer"],
  isBearer: () => true,
  async assert(_facts, _scheme, holder) {
    if (holder !== null) throw mismatch("a bound token, where proofs are not read");
  },
};

/** Where they are read (RFC 9449 §7): a bound token comes with its proof, a bearer token with none. */
export function createPossession(settings: DpopSettings, world: World): Possession {
  const { publicUrl, required, nonceRequired, nonceSecret = world.random(32) } = settings;
  const now = () => world.now();
  const replays = settings.replayStore ?? createReplayMemory({ capacity: settings.rememberProofs, now });
  const verify = createProofVerifier({ nonces: createProofNonces(nonceSecret), nonceRequired, now });

  return {
    schemes: required ? ["DPoP"] : ["Bearer", "DPoP"],
    isBearer: (facts) => !required && Facts.proofsOf(facts).length === 0,
    async assert(facts, scheme, holder) {
      const [proof, ...others] = Facts.proofsOf(facts);
      if (holder === null) {
        if (scheme === "DPoP" || proof !== undefined) throw mismatch("a proof for a token that is bound to no key");
        return;
      }
      if (scheme !== "DPoP" || proof === undefined) throw mismatch("a bound token without its proof");
      if (others.length > 0) throw invalid("more than one");
      const { method, resource } = facts;
      if (method === null || resource === null) throw invalid("for facts of headers alone: give facts() the request");
      const { replayKey, until } = await verify(proof, { ...holder, method, url: `${publicUrl}/${resource}` });
      if (!(await replays.add(replayKey, until))) throw invalid("used before");
    },
  };
}

function mismatch(detail: string): Refusal {
  return new Refusal("key_mismatch", { detail });
}

function invalid(detail: string): Refusal {
  return new Refusal("proof_invalid", { detail: `proof: ${detail}` });
}
