import { AnsweredOtherwise, type Fetch } from "../issuer/fetch-json.ts";
import { type ServiceToken, withoutSlash } from "./service-token.ts";

/** Asks an issuer's feed in one of its forms: what stands in the request, and `send` to send it. */
export type FeedRequest = <T>(
  accept: "text/event-stream" | "application/json",
  cursor: string | undefined,
  send: (url: string, fetch: Fetch, init: { readonly headers: Readonly<Record<string, string>> }) => Promise<T>,
) => Promise<T>;

/** Requests with a service's token. A token that the issuer refuses is fetched anew, once. */
export function createFeedRequest(issuer: string, fetch: Fetch, token: ServiceToken): FeedRequest {
  const url = `${withoutSlash(issuer)}/feed`;
  return async (accept, cursor, send) => {
    const attempt = async () => {
      const headers = { accept, authorization: `Bearer ${await token.get()}` };
      return await send(url, fetch, {
        headers: cursor === undefined ? headers : { ...headers, "last-event-id": cursor },
      });
    };
    try {
      return await attempt();
    } catch (cause) {
      if (!(cause instanceof AnsweredOtherwise && cause.status === 401)) throw cause;
      token.drop();
      return await attempt();
    }
  };
}
