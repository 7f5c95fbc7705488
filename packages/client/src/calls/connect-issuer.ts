import type { TRPCClient } from "@trpc/client";
import { httpBatchLink } from "@trpc/client/links/httpBatchLink";
import { httpLink } from "@trpc/client/links/httpLink";
import type { IssuerRouter } from "../api.ts";
import type { Session } from "../session/session.ts";
import { createCalls } from "./calls.ts";
import { eitherLink } from "./either-link.ts";

/** As many calls as the issuer takes in one request. */
const MOST_CALLS = 20;
const LONGEST_URL = 2_000;

/** Queries in batches; a mutation by itself, because the issuer takes credentials in no other way. */
export function connectIssuer(url: string, { link, fetch }: Pick<Session, "link" | "fetch">): TRPCClient<IssuerRouter> {
  const options = { url: `${url}/trpc`, fetch };
  const queries = httpBatchLink<IssuerRouter>({ ...options, maxItems: MOST_CALLS, maxURLLength: LONGEST_URL });
  return createCalls<IssuerRouter>(
    link(),
    eitherLink(({ type }) => type === "query", queries, httpLink(options)),
  );
}
