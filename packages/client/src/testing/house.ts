import { randomUUID } from "node:crypto";
import type { Issuer, IssuerOptions } from "@countersign/server";
import { type CountersignClient, createClient, type SharedOptions } from "../create-client.ts";
import type { BoundMode, DefaultMode } from "../mode.ts";
import type { NewAccount } from "../sign-in/sign-in.ts";
import { type Door, openDoor } from "./door.ts";
import { NOTES, type Notes, startNotes } from "./notes.ts";
import { startIssuer } from "./running-issuer.ts";

export const AUTH = "https://auth.test";

/** What a client of a house may be told: it is a program that keeps its own tokens. */
type ProgramOptions = Partial<SharedOptions> & (DefaultMode | BoundMode);

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
  client(options?: ProgramOptions): CountersignClient;
  /** A client of somebody new, signed in. */
  person(options?: ProgramOptions): Promise<Person>;
  close(): Promise<void>;
}

export interface Person extends CountersignClient {
  readonly account: NewAccount;
}

/** Of everybody here. */
export const PASSWORD = "a kite over the harbour";

export function newAccount(): NewAccount {
  return { email: `${randomUUID()}@example.com`, name: "Somebody", password: PASSWORD };
}

export async function openHouse(options: Partial<IssuerOptions> = {}): Promise<House> {
  const running = await startIssuer(AUTH, NOTES, options);
  const { issuer } = running;
  const auth = await openDoor(() => running.origin);
  const notes = await startNotes({ issuer: issuer.verifier }, NOTES, running.world);
  const notesDoor = await openDoor(() => notes.origin);
  const clients: CountersignClient[] = [];
  const houseFetch = fetchWithin({ [AUTH]: auth.origin, [NOTES]: notesDoor.origin });

  const client = (own: ProgramOptions = {}) => {
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
    pass: running.pass,
    client,
    async person(own) {
      const account = newAccount();
      const made = client(own);
      await made.signUp(account);
      return { ...made, account };
    },
    async close() {
      for (const made of clients) made.dispose();
      await Promise.all([auth.close(), notesDoor.close(), notes.close()]);
      await running.close();
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
