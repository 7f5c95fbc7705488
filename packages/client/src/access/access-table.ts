import type { TRPCClient } from "@trpc/client";
import type { IssuerRouter } from "../api.ts";
import type { Table } from "./may-call.ts";

/** An API's access table, as the issuer was told of it. @param audience of the API; the issuer's own unless given */
export function fetchAccessTable(api: TRPCClient<IssuerRouter>, audience: string | undefined): Promise<Table> {
  return api.access.table.query(audience === undefined ? undefined : { audience });
}
