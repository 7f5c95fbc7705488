import { Refusal } from "@countersign/tokens";
import type { Audience, Grantable } from "../store/records.ts";
import type { Queries } from "../store/store.ts";

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

/** The form that a guard accepts for its permissions. */
const PERMISSION = /^[a-z][a-z0-9._-]{0,63}:[a-z][a-z0-9._-]{0,63}$/;

/**
 * Checks an API before it is registered.
 *
 * @throws {TypeError} for an id that is no https URL (http on loopback), or a permission that is not `noun:verb`
 */
export function assertAudience(audience: Audience): void {
  const url = URL.canParse(audience.id) ? new URL(audience.id) : undefined;
  const loopback = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (!url || !(url.protocol === "https:" || loopback) || url.hash || url.search) {
    throw new TypeError(`audience "${audience.id}": its public https URL without query and fragment`);
  }
  const wrong = audience.permissions.find((permission) => !PERMISSION.test(permission));
  if (wrong !== undefined) throw new TypeError(`audience "${audience.id}": "${wrong}" is not of the form noun:verb`);
}
