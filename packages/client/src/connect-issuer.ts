import { createTRPCClient, httpBatchLink, httpLink, splitLink, type TRPCClient } from "@trpc/client";
import type { IssuerRouter } from "./api.ts";
import type { Session } from "./session.ts";

/** As many calls as the issuer takes in one request. */
const MOST_CALLS = 20;
const LONGEST_URL = 2_000;

/** Queries in batches; a mutation by itself, because the issuer takes credentials in no other way. */
export function connectIssuer(url: string, { link, fetch }: Pick<Session, "link" | "fetch">): TRPCClient<IssuerRouter> {
  const options = { url: `${url}/trpc`, fetch };
  return createTRPCClient<IssuerRouter>({
    links: [
      link(),
      splitLink({
        condition: ({ type }) => type === "query",
        true: httpBatchLink({ ...options, maxItems: MOST_CALLS, maxURLLength: LONGEST_URL }),
        false: httpLink(options),
      }),
    ],
  });
}
