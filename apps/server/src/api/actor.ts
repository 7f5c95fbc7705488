import type { Principal } from "@countersign/guard";
import type { Actor } from "../services/caller.ts";
import type { Context } from "./context.ts";

/** Who acts, as the services want to know it. */
export function actorOf({ caller, principal }: Pick<Context, "caller"> & { readonly principal: Principal }): Actor {
  return { ...caller, id: principal.id, session: principal.kind === "account" ? principal.session : null };
}
