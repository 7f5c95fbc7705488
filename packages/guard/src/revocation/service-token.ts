import { z } from "zod";
import { type Fetch, fetchJson } from "../issuer/fetch-json.ts";
import type { Timer } from "../timer.ts";
import type { FeedCredential } from "./revocation.ts";

/** Answers a token for the issuer's own API that lives long enough to be used. */
export interface ServiceToken {
  /** @throws {Error} for the log, where there is none. */
  get(): Promise<string>;
  /** The issuer refused the last one: the next is another. */
  drop(): void;
}

/** How long a function may take to answer a token, in milliseconds: as long as an issuer. */
const TIMEOUT_MS = 5_000;

const answer = z.object({
  result: z.object({
    data: z.object({ access_token: z.string().min(1).max(8192), expires_in: z.number().positive() }),
  }),
});

/** Keeps a service's token, and fetches the next one before half of its life is over. */
export function createServiceToken(parts: {
  readonly issuer: string;
  readonly credential: FeedCredential;
  readonly fetch: Fetch;
  /** The present, in milliseconds since the epoch. */
  now(): number;
  readonly timer: Timer;
}): ServiceToken {
  const { issuer, credential, fetch, timer } = parts;
  if (typeof credential === "function") return { get: () => inTime(credential, timer), drop: () => undefined };
  let kept: { readonly token: string; readonly from: number; readonly life: number } | undefined;
  return {
    async get() {
      const from = parts.now();
      if (kept && Math.abs(from - kept.from) < kept.life / 2) return kept.token;
      const { result } = answer.parse(
        await fetchJson(`${withoutSlash(issuer)}/trpc/services.token`, fetch, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(credential),
        }),
      );
      kept = { token: result.data.access_token, from, life: result.data.expires_in * 1000 };
      return kept.token;
    },
    drop() {
      kept = undefined;
    },
  };
}

/** What a function of somebody else answers. One that never does must not hold up every later attempt. */
async function inTime(ask: () => Promise<string>, timer: Timer): Promise<string> {
  const late = Promise.withResolvers<never>();
  const cancel = timer(() => late.reject(new Error("the credential's function did not answer in time")), TIMEOUT_MS);
  try {
    return await Promise.race([ask(), late.promise]);
  } finally {
    cancel();
  }
}

/** An issuer's identifier as the beginning of its other URLs. */
export function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, "");
}
