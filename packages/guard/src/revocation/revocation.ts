import { MAX_TOKEN_LIFE_S } from "@countersign/tokens";

/** What a guard shows to read revocations: a service of the issuer with the permission `feed:read`. */
export type FeedCredential =
  /** The service's own, as `countersign services create` prints it: the guard fetches its tokens and renews them. */
  | { readonly id: string; readonly secret: string }
  /** Answers an access token for the issuer's own audience; asked for each connection, and given 5 seconds. */
  | (() => Promise<string>);

/** What a guard does with tokens while it cannot know which ones were revoked. */
export type WhenSilent =
  /** Answers 503 `revocation_unknown`; the default. */
  | "refuse"
  /** Goes on with what it knows, as if the mode were `until-expiry`. */
  | "trust-until-expiry";

/** How a guard learns that a token of an issuer elsewhere was revoked. */
export type Revocation =
  /** The issuer tells, over one connection that stays open: for processes that live long. */
  | {
      readonly mode: "feed";
      readonly credential: FeedCredential;
      /** How long the feed may say nothing, in seconds: 15 to a token's life (900); 60 by default. */
      readonly silence?: number;
      readonly whenSilent?: WhenSilent;
    }
  /** The guard asks, on the way of a request, where what it knows is too old: for serverless and edge. */
  | {
      readonly mode: "poll";
      readonly credential: FeedCredential;
      /** How old its knowledge may be, in seconds: 1 to a token's life (900). */
      readonly maxStale: number;
      readonly whenSilent?: WhenSilent;
    }
  /** Not at all: a token lives until it expires. Ours live 15 minutes at most. */
  | { readonly mode: "until-expiry" };

/** A way to learn of revocations, checked, with every default written out. */
export interface KnownRevocation {
  readonly mode: "feed" | "poll";
  readonly credential: FeedCredential;
  /** How old knowledge may be, in milliseconds. */
  readonly maxAge: number;
  readonly trust: boolean;
}

/**
 * No mode becomes a weaker one in silence. `null` for a guard that learns of no revocation.
 *
 * @throws {TypeError} for a mode that is missing or unknown, and for a setting of it that is.
 */
export function checkRevocation(revocation: Revocation): KnownRevocation | null {
  switch (revocation?.mode) {
    case "until-expiry":
      return null;
    case "feed":
      return known(revocation, seconds("revocation.silence", revocation.silence ?? 60, 15));
    case "poll":
      return known(revocation, seconds("revocation.maxStale", revocation.maxStale, 1));
    default:
      throw new TypeError(
        'revocation: write out "feed", "poll" or "until-expiry" as its mode, how a revoked token stops working here',
      );
  }
}

function known(
  { mode, credential, whenSilent = "refuse" }: Exclude<Revocation, { mode: "until-expiry" }>,
  maxAge: number,
): KnownRevocation {
  if (whenSilent !== "refuse" && whenSilent !== "trust-until-expiry") {
    throw new TypeError('revocation.whenSilent: "refuse" or "trust-until-expiry"');
  }
  return Object.freeze({ mode, credential: checkCredential(credential), maxAge, trust: whenSilent !== "refuse" });
}

function checkCredential(credential: FeedCredential): FeedCredential {
  if (typeof credential === "function") return credential;
  const { id, secret } = credential ?? {};
  if (typeof id === "string" && id !== "" && typeof secret === "string" && secret !== "") return { id, secret };
  throw new TypeError(
    "revocation.credential: { id, secret } of a service with feed:read, or a function that answers a token",
  );
}

function seconds(name: string, value: number, least: number): number {
  if (typeof value === "number" && value >= least && value <= MAX_TOKEN_LIFE_S) return value * 1000;
  throw new TypeError(`${name}: ${least} to ${MAX_TOKEN_LIFE_S} seconds`);
}
