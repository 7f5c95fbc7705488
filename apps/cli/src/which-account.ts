import type { CountersignClient } from "@countersign/client";

/** An account as people name it: by its id, or by its address, which no id looks like. */
export function whichAccount(text: string): { readonly id: string } | { readonly email: string } {
  return text.includes("@") ? { email: text } : { id: text };
}

/** The id of an account; only an address is looked up, so an id needs no right to read accounts. */
export async function accountIdOf(api: CountersignClient["api"], text: string): Promise<string> {
  const which = whichAccount(text);
  return "id" in which ? which.id : (await api.users.get.query(which)).id;
}
