import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { chainOf } from "../router/access-table.ts";
import type { Middleware } from "../router/chain.ts";

/** A procedure that single calls can reach. */
export interface Route {
  readonly path: string;
  readonly type: "query" | "mutation";
  readonly procedure: AnyTRPCProcedure;
  /** What the procedure runs. */
  readonly chain: readonly Middleware[];
}

/**
 * The queries and mutations of a router that has loaded its lazy ones, by the path as it stands in a URL. Subscriptions
 * are streams; and a path with a percent sign would have to be decoded once more.
 */
export function routesOf({ _def: { procedures, _config } }: AnyTRPCRouter): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  for (const [path, procedure] of Object.entries<AnyTRPCProcedure>(procedures)) {
    const { type } = procedure._def;
    if (type === "subscription" || path.includes("%")) continue;
    const route = Object.freeze({ path, type, procedure, chain: chainOf(procedure) });
    routes.set(path, route).set(path.replaceAll(".", _config.pathSeparator), route);
  }
  return routes;
}
