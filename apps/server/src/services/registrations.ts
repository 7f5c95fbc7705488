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
  for (const audience of audiences) {
    assertAudience(audience);
    if (audience.id === own.id) throw new TypeError(`audience "${own.id}" is the issuer's own`);
  }
  await store.transaction(async (tx) => {
    // One instance after another, so that our own clients get the audiences of all.
    await tx.lock("installation");
    for (const audience of [own, ...audiences]) await tx.audiences.upsert(audience);
    const registered = (await tx.audiences.list()).map(({ id }) => id);
    const others = registered.filter((id) => id !== own.id);
    const builtIn = builtInClients(own.id, others);
    for (const client of clients) {
      assertClient(client, registered);
      if (builtIn.some(({ id }) => id === client.id)) throw new TypeError(`client "${client.id}" is built in`);
    }
    for (const client of [...builtIn, ...clients]) await tx.clients.upsert(client);
  });
  await ensureBuiltInRoles(store, own);
}
