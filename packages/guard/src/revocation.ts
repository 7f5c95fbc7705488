/** What a guard does with tokens while it cannot know which ones were revoked. */
type WhenSilent =
  /** Answers 503 `revocation_unknown`; the default. */
  | "refuse"
  /** Goes on, as if the mode were `until-expiry`. */
  | "trust-until-expiry";

/** How a guard learns that a token of an issuer elsewhere was revoked. */
export type Revocation =
  /** The issuer tells, over one connection that stays open: for processes that live long. */
  | {
      readonly mode: "feed";
      /** How long the feed may say nothing, in seconds: 15 to a token's life; 60 by default. */
      readonly silence?: number;
      readonly whenSilent?: WhenSilent;
    }
  /** The guard asks, on the way of a request, where what it knows is too old: for serverless and edge. */
  | {
      readonly mode: "poll";
      /** How old its knowledge may be, in seconds. */
      readonly maxStale: number;
      readonly whenSilent?: WhenSilent;
    }
  /** Not at all: a token lives until it expires. Ours live 15 minutes at most. */
  | { readonly mode: "until-expiry" };

/**
 * No mode becomes a weaker one in silence: what this version cannot do yet does not start.
 *
 * @throws {TypeError} for a mode that is missing, unknown, or not built yet.
 */
export function checkRevocation(revocation: Revocation): void {
  const mode = revocation?.mode;
  if (mode === "until-expiry") return;
  if (mode === "feed" || mode === "poll") {
    throw new TypeError(
      `revocation: mode "${mode}" is not built yet; write { mode: "until-expiry" } if revoked tokens may live until they expire`,
    );
  }
  throw new TypeError('revocation: write out { mode: "until-expiry" }, how a revoked token stops working here');
}
