import type { World } from "@countersign/tokens";
import type { Timer } from "../timer.ts";
import type { FeedKnowledge } from "./feed-knowledge.ts";
import type { FeedRequest } from "./feed-request.ts";
import type { KnownRevocation } from "./revocation.ts";

/** What keeps knowledge of revocations young. */
export interface RevocationSource {
  /**
   * Whether what is known may decide a call now; a promise only where it has to be waited for.
   *
   * @throws {Refusal} `revocation_unknown` or `clock_skew`.
   */
  ask(): void | Promise<void>;
  /** Ends what runs. From then on nothing more is learned. */
  close(): void;
}

export interface SourceParts {
  readonly knowledge: FeedKnowledge;
  readonly request: FeedRequest;
  readonly revocation: KnownRevocation;
  readonly world: World;
  readonly timer: Timer;
}
