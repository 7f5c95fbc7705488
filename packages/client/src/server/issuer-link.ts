import type { ClientWorld } from "../client-world.ts";
import { type Ask, createAsk } from "../renewal/ask.ts";
import { createRefreshRequest } from "../renewal/refresh-request.ts";
import { type Audiences, createAudiences } from "../session/audiences.ts";
import { createRedeeming } from "../sign-in/redeeming.ts";
import type { CookieHolder } from "./request-cookie.ts";

export interface IssuerLinkDeps {
  /** The issuer's address, without a slash at its end. */
  readonly url: string;
  readonly client: string;
  readonly audiences: readonly string[];
  readonly fetch: typeof fetch;
  /** Milliseconds. */
  readonly timeout: number;
  /** The browser's address, as this server knows it. */
  readonly address: (request: CookieHolder) => string | undefined;
  readonly world: ClientWorld;
}

/** The way to the issuer on behalf of one request. */
export interface IssuerLink {
  readonly client: string;
  readonly fetch: typeof fetch;
  readonly ask: Ask;
  readonly audiences: Audiences;
  readonly redeem: ReturnType<typeof createRedeeming>;
  readonly refresh: ReturnType<typeof createRefreshRequest>;
}

/** Made anew for each request, and remembers nothing. */
export function linkToIssuer(deps: IssuerLinkDeps, request: CookieHolder): IssuerLink {
  const { url, client, timeout, world } = deps;
  const fetch = speakingFor(request, deps);
  const ask = createAsk({ url, mode: "storage", fetch, timeout, world });
  const audiences = createAudiences(url, deps.audiences);
  const shared = { client, mode: "storage", ask, audiences, world } as const;
  return { client, fetch, ask, audiences, redeem: createRedeeming(shared), refresh: createRefreshRequest(shared) };
}

/** Says whose browser it is about: sessions are shown to people by it, and attempts are counted by address. */
function speakingFor(request: CookieHolder, { fetch, address }: IssuerLinkDeps): typeof globalThis.fetch {
  const userAgent = request.headers.get("user-agent");
  const from = address(request);
  return (input, init) => {
    const headers = new Headers(init?.headers);
    if (userAgent !== null) headers.set("user-agent", userAgent);
    if (from !== undefined) headers.set("x-forwarded-for", from);
    return fetch(input, { ...init, headers });
  };
}
