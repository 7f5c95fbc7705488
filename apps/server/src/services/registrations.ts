import type { Audience, Client } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { assertAudience } from "./audiences.ts";
import { ensureBuiltInRoles } from "./built-in-roles.ts";
import { assertClient, builtInClients } from "./clients.ts";

export interface Registrations {
  /** The issuer's own audience. */
  readonly own: Audience;
  readonly audiences: readonly Audience[];
  readonly clients: readonly Client[];
}

/**
 * Writes down which apps and APIs there are. What is left out stays registered: another instance may know more.
 *
 * @throws {TypeError} for one that cannot be, or that takes the place of one of ours
 */
export async function ensureRegistrations(store: Store, { own, audiences, clients }: Registrations): Promise<void> {
  const builtIn = builtInClients(own.id);
  for (const audience of audiences) {
    assertAudience(audience);
    if (audience.id === own.id) throw new TypeError(`audience "${own.id}" is the issuer's own`);
  }
  for (const client of clients) {
    assertClient(client);
    if (builtIn.some(({ id }) => id === client.id)) throw new TypeError(`client "${client.id}" is built in`);
  }
  await store.transaction(async (tx) => {
    for (const audience of [own, ...audiences]) await tx.audiences.upsert(audience);
    for (const client of [...builtIn, ...clients]) await tx.clients.upsert(client);
  });
  await ensureBuiltInRoles(store, own);
}
