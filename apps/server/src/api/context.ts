import { type Facts, facts, type RequestLike } from "@countersign/guard";
import type { Caller } from "../services/caller.ts";

/** What a procedure knows of the request that carries its call: facts only, nobody has judged them. */
export interface Context {
  readonly auth: Facts;
  readonly caller: Caller;
  /** The request's `Origin`; null where no browser called. */
  readonly origin: string | null;
  /** How many calls share the request. */
  readonly calls: number;
  /** Told whose verified token made a call that may be made: for the log. */
  identified(account: string): void;
}

/** The context of one request. `about` is what only the HTTP side can tell. */
export function createContext(request: RequestLike, about: Omit<Context, "auth">): Context {
  return { auth: facts(request), ...about };
}
