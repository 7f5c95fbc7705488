import { pageBase } from "../page.ts";
import type { SessionFetch } from "../session/session.ts";

type Input = Parameters<SessionFetch>[0];
type Init = RequestInit | undefined;

/** Where a request goes; without a page that completes a relative address, `fetch` itself refuses it. */
export function urlOf(input: Input): URL | undefined {
  const text = input instanceof Request ? input.url : String(input);
  const base = pageBase();
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}

/** The headers that a request will have. */
export function headersOf(input: Input, init: Init): Headers {
  return new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
}

/** As `fetch` will send it. */
export function methodOf(input: Input, init: Init): string {
  return (init?.method ?? (input instanceof Request ? input.method : "GET")).toUpperCase();
}

/**
 * The same request with a token (RFC 6750 §2.1), and the proof of its key where there is one (RFC 9449 §7.1). It goes to the
 * very URL that the token was chosen for.
 */
export function withToken(
  token: string,
  proof: string | undefined | false,
  { input, url }: { readonly input: Input; readonly url: URL },
  init: Init,
): [Input, Init] {
  const headers = headersOf(input, init);
  headers.set("authorization", `${proof ? "DPoP" : "Bearer"} ${token}`);
  if (proof) headers.set("dpop", proof);
  return [input instanceof Request ? input : url.href, { ...init, headers }];
}
