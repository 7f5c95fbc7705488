import type { TRPCClient } from "@trpc/client";
import { httpLink } from "@trpc/client/links/httpLink";
import type { IssuerRouter } from "../api.ts";
import type { Session } from "../session/session.ts";
import { createCalls } from "./calls.ts";

/** The issuer's own API. Each call goes by itself: credentials are taken in no other way, and a page makes few of the others. */
export function connectIssuer(url: string, { link, fetch }: Pick<Session, "link" | "fetch">): TRPCClient<IssuerRouter> {
  return createCalls<IssuerRouter>(link(), httpLink({ url: `${url}/trpc`, fetch }));
}
