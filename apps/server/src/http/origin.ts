import { Refusal } from "@countersign/tokens";
import type { Clients } from "../services/clients.ts";

type Client = NonNullable<Awaited<ReturnType<Clients["byId"]>>>;

/** What a browser says about where a request comes from. A program that is no browser says none of it. */
export interface Provenance {
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode` (Fetch Metadata §2). */
  readonly site: string | undefined;
  readonly mode: string | undefined;
}

/** What is registered of a client that matters here. */
export interface RegisteredOrigins {
  readonly mode: Client["mode"];
  readonly origins: readonly string[];
}

const sites: ReadonlySet<string> = new Set(["same-origin", "same-site"]);
const modes: ReadonlySet<string> = new Set(["cors", "same-origin"]);

/**
 * Judges whether a client may be spoken for from there: an exact registered origin, never `null`. In cookie mode, where
 * the browser adds the credential by itself, an origin must be there. What fetch metadata is sent must fit as well.
 *
 * Does not check: the header `x-countersign`, the method, the content type.
 *
 * @throws {Refusal} `origin_refused`
 */
export function judgeOrigin(from: Provenance, client: RegisteredOrigins): void {
  if (from.origin === undefined ? client.mode === "cookie" : !client.origins.includes(from.origin)) {
    throw new Refusal("origin_refused", {
      detail: from.origin === undefined ? "no origin" : "not a registered origin",
    });
  }
  // A client that proves its key is for apps on other sites: there is nothing that a browser would add by itself.
  const isElsewhere = from.site !== undefined && !sites.has(from.site);
  if (isElsewhere && client.mode !== "bound") throw new Refusal("origin_refused", { detail: "another site" });
  if (from.mode !== undefined && !modes.has(from.mode)) throw new Refusal("origin_refused", { detail: "not a fetch" });
}
