import { Refusal } from "@countersign/tokens";
import type { Client } from "../store/records.ts";
import type { Queries, Store } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { SignInRequest } from "./sessions/handoffs.ts";

export interface Clients {
  byId(id: string): Promise<Client | undefined>;
  /** All of them, at most a few seconds old. */
  list(): Promise<readonly Client[]>;
  /**
   * Whether a sign-in may come from there.
   *
   * @throws {Refusal} `invalid_client`, `origin_refused`; `key_mismatch` for a key where none is proved, or none where one is
   */
  admit(request: SignInRequest): Promise<void>;
}

const KEPT_MS = 5_000;
const ID = /^[a-z0-9][a-z0-9-]{0,31}$/;

export function createClients({ store, clock }: { store: Store; clock: Clock }): Clients {
  let kept: { readonly clients: Promise<readonly Client[]>; readonly until: number } | undefined;

  const list = (): Promise<readonly Client[]> => {
    if (kept && clock.now() < kept.until) return kept.clients;
    const clients = store.clients.list();
    const mine = { clients, until: clock.now() + KEPT_MS };
    kept = mine;
    clients.catch(() => {
      if (kept === mine) kept = undefined;
    });
    return clients;
  };
  const byId = async (id: string) => (await list()).find((client) => client.id === id);

  return {
    list,
    byId,
    admit: async ({ client, origin, jkt }) => {
      const found = await byId(client);
      if (!found) throw new Refusal("invalid_client");
      if (!mayUse(found, origin)) throw new Refusal("origin_refused");
      if ((found.mode === "bound") !== (typeof jkt === "string"))
        throw new Refusal("key_mismatch", { detail: "a key for a client that proves none, or none for one that does" });
    },
  };
}

/** A browser may use a client from its exact origins; what sends no origin may use one that keeps its own tokens. */
function mayUse(client: Client, origin: string | null): boolean {
  return origin === null ? client.mode !== "cookie" : client.origins.includes(origin);
}

/** The clients that are there from the start; ours, so every audience is theirs. The issuer's own is the first. */
function builtInClients(issuer: string, others: readonly string[]): Client[] {
  const audiences = [issuer, ...others];
  return [
    { id: "console", name: "Console", mode: "cookie", origins: [new URL(issuer).origin], audiences },
    { id: "cli", name: "Terminal", mode: "storage", origins: [], audiences },
  ];
}

/** Registers our own clients, for every audience there is; answers them. */
export async function ensureBuiltInClients(queries: Queries, issuer: string): Promise<readonly Client[]> {
  const others = (await queries.audiences.list()).map(({ id }) => id).filter((id) => id !== issuer);
  const clients = builtInClients(issuer, others);
  for (const client of clients) await queries.clients.upsert(client);
  return clients;
}

/**
 * Checks an app before it is registered.
 *
 * @throws {TypeError} for an id that fits no cookie name; an origin that is not exact: https, http on loopback only; an
 * origin where the app keeps its own tokens; no audience, or one that is not registered
 */
export function assertClient(client: Client, registered: readonly string[]): void {
  if (!ID.test(client.id))
    throw new TypeError(`client id "${client.id}": lower-case letters, digits and dashes, at most 32`);
  for (const origin of client.origins) {
    if (!isOrigin(origin)) throw new TypeError(`client "${client.id}": "${origin}" is no exact https origin`);
  }
  // No key binds these tokens, so a refresh token within reach of a page's scripts could be carried off and used.
  if (client.mode === "storage" && client.origins.length > 0)
    throw new TypeError(
      `client "${client.id}": an app in a browser keeps its tokens in a cookie, or bound to a key (mode "cookie", "bound")`,
    );
  if (client.audiences.length === 0) throw new TypeError(`client "${client.id}": name at least one audience`);
  const unknown = client.audiences.find((audience) => !registered.includes(audience));
  if (unknown !== undefined)
    throw new TypeError(`client "${client.id}": no audience "${unknown}" is registered; list it under audiences`);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  // A pattern would be an origin that no browser ever sends, and whoever wrote it meant something else.
  if (url.origin !== text || url.hostname.includes("*")) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && loopback);
}
