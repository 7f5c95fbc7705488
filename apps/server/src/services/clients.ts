import type { Client } from "../store/records.ts";

export interface Clients {
  byId(id: string): Promise<Client | undefined>;
  /** All of them, at most a few seconds old. */
  list(): Promise<readonly Client[]>;
}
