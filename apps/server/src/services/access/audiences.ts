import { Refusal } from "@countersign/tokens";
import type { Audience, Grantable } from "../../store/records.ts";
import type { Queries } from "../../store/store.ts";

/** More than one app ever needs at once, and few enough to sign. */
const MOST = 16;

/**
 * The audiences that a request names, of those that its client is registered with; the client's first where it names
 * none.
 *
 * @throws {Refusal} `invalid_target` (RFC 8707 §2) for any other, alike whether there is such an audience or not;
 * `invalid_client`
 */
export async function findAudiences(
  queries: Pick<Queries, "audiences" | "clients">,
  wanted: readonly string[] | undefined,
  clientId: string,
): Promise<readonly Audience[]> {
  const client = await queries.clients.byId(clientId);
  if (!client) throw new Refusal("invalid_client");
  const ids = new Set(wanted?.length ? wanted : client.audiences.slice(0, 1));
  if (ids.size > MOST) throw new Refusal("invalid_target", { detail: "too many audiences" });
  const found: Audience[] = [];
  for (const id of ids) {
    const audience = client.audiences.includes(id) ? await queries.audiences.byId(id) : undefined;
    if (!audience) throw new Refusal("invalid_target", { detail: "no audience of this client" });
    found.push(audience);
  }
  return found;
}

/** What holds at an audience: granted there, and known there. In one order, so that equal rights read equal. */
export function scopeAt(audience: Audience, granted: readonly Grantable[]): string {
  const here = granted.filter((grant) => grant.audience === audience.id).map((grant) => grant.permission);
  return audience.permissions
    .filter((permission) => here.includes(permission))
    .toSorted()
    .join(" ");
}
