import type { AnyTRPCRouter } from "@trpc/server";
import { useSyncExternalStore } from "react";
import type { ProcedurePath } from "../access/procedure-path.ts";
import type { IssuerRouter } from "../api.ts";
import { useCountersign } from "./context.ts";

/**
 * Whether a procedure may be called: of the issuer's API, or of the API of an audience, `useCan<NotesRouter>("notes.create",
 * url)`. False until that is known. Renders again when roles change; the API decides each call by itself.
 */
export function useCan<Router extends AnyTRPCRouter = IssuerRouter>(
  path: ProcedurePath<Router>,
  audience?: string,
): boolean {
  const client = useCountersign();
  const access = audience === undefined ? client.access : client.accessTo(audience);
  return useSyncExternalStore(
    access.subscribe,
    () => (access.can as (path: string) => boolean)(path),
    () => false,
  );
}
