import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { IssuerRouter } from "../api.ts";
import { checkAudience } from "../session/audiences.ts";
import type { SessionWarning } from "../session/session-state.ts";
import { type Access, type AccessDeps, createAccess } from "./access.ts";
import { fetchAccessTable } from "./access-table.ts";

export interface AccessesDeps extends Pick<AccessDeps, "session" | "world"> {
  /** The issuer's own audience. */
  readonly own: string;
  readonly api: TRPCClient<IssuerRouter>;
  readonly warn: (warning: SessionWarning) => void;
}

/** The access of every API that is asked about, one for all who ask. */
export function createAccesses({ own, api, session, world, warn }: AccessesDeps) {
  const known = new Map<string, Access<AnyTRPCRouter>>();
  const fetchTable = (audience: string) => fetchAccessTable(api, audience === own ? undefined : audience);
  const thrown = (cause: unknown) => warn({ kind: "listener", cause });

  /** @throws {TypeError} for an audience that is none */
  return <Router extends AnyTRPCRouter>(audience: string): Access<Router> => {
    const access =
      known.get(audience) ??
      createAccess<AnyTRPCRouter>({
        audience: checkAudience("audience", audience),
        session,
        fetchTable,
        world,
        thrown,
      });
    known.set(audience, access);
    // The router is a type only: it says which paths compile.
    return access as unknown as Access<Router>;
  };
}
