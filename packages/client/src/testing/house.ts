import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createIssuer, type Issuer, type IssuerOptions } from "@countersign/server";
import { systemWorld } from "@countersign/tokens";
import Fastify from "fastify";
import { type ClientOptions, type CountersignClient, createClient } from "../create-client.ts";
import type { NewAccount } from "../sign-in.ts";
import { type Door, openDoor } from "./door.ts";
import { NOTES, type Notes, notesPermissions, notesProcedures, startNotes } from "./notes.ts";

export const AUTH = "https://auth.test";

/** A real issuer and a real guarded API behind real proxies, and the clients of both. */
export interface House {
  readonly issuer: Issuer;
  /** In front of the issuer. */
  readonly auth: Door;
  readonly notes: Notes;
  /** In front of the notes. */
  readonly notesDoor: Door;
  /** The way there: names are looked up in this house. */
  readonly fetch: typeof fetch;
  /** Time goes by at the servers. */
  pass(milliseconds: number): Promise<void>;
  client(options?: Partial<ClientOptions>): CountersignClient;
  /** A client of somebody new, signed in. */
  person(options?: Partial<ClientOptions>): Promise<Person>;
  close(): Promise<void>;
}

export interface Person extends CountersignClient {
  readonly account: NewAccount;
}

export function newAccount(): NewAccount {
  return { email: `${randomUUID()}@example.com`, name: "Somebody", password: "a kite over the harbour" };
}

export async function openHouse(options: Partial<IssuerOptions> = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-client-"));
  let ahead = 0;
  const issuer = await createIssuer({
    issuer: AUTH,
    database: { sqlite: join(folder, "test.db") },
    masterKeys: [new Uint8Array(32).fill(7)],
    signUp: "open",
    audiences: [{ audience: NOTES, permissions: notesPermissions, procedures: notesProcedures }],
    world: { ...systemWorld, now: () => systemWorld.now() + ahead },
    ...options,
  });
  const fastify = Fastify();
  await fastify.register(issuer.plugin);
  const upstream = await fastify.listen({ host: "127.0.0.1", port: 0 });
  const auth = await openDoor(() => upstream);
  const notes = await startNotes(issuer.verifier);
  const notesDoor = await openDoor(() => notes.origin);
  const clients: CountersignClient[] = [];
  const houseFetch = fetchWithin({ [AUTH]: auth.origin, [NOTES]: notesDoor.origin });

  const client = (own: Partial<ClientOptions> = {}) => {
    const made = createClient({ url: AUTH, fetch: houseFetch, ...own });
    clients.push(made);
    return made;
  };

  return {
    issuer,
    auth,
    notes,
    notesDoor,
    fetch: houseFetch,
    async pass(milliseconds) {
      ahead += milliseconds;
      // It has to look first whether anything was revoked meanwhile.
      while (!(await fetch(`${upstream}/readyz`)).ok);
    },
    client,
    async person(own) {
      const account = newAccount();
      const made = client(own);
      await made.signUp(account);
      return { ...made, account };
    },
    async close() {
      for (const made of clients) made.dispose();
      await Promise.all([auth.close(), notesDoor.close(), notes.close(), fastify.close()]);
      await issuer.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** `fetch` by another phone book: what goes to a name goes to the socket that stands for it. */
function fetchWithin(places: Readonly<Record<string, string>>): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const place = places[url.origin];
    if (!place) throw new TypeError(`nobody lives at ${url.origin}`);
    const there = url.href.replace(url.origin, place);
    return await fetch(input instanceof Request ? new Request(there, input) : there, init);
  };
}
