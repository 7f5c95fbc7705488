import type { ResponseMeta } from "@trpc/server/http";
import { responseMeta } from "../response-meta.ts";
import type { HandlerOptions } from "./plugin-options.ts";
import type { Route } from "./routes.ts";

/** Names and values, as `Headers` takes them and gives them out. */
export type HeaderPairs = [string, string][];

export const VARY: [string, string] = ["vary", "trpc-accept, accept"];
export const JSON_TYPE: [string, string] = ["content-type", "application/json"];

/** Adds what `responseMeta` asks for, as tRPC does: a `Headers` object appends, one of the older kind replaces. */
export function addHeaders(headers: Headers, asked: ResponseMeta["headers"]): void {
  if (asked instanceof Headers) {
    for (const [name, value] of asked) headers.append(name, value);
    return;
  }
  for (const [name, value] of Object.entries(asked ?? {})) {
    if (Array.isArray(value)) for (const one of value) headers.append(name, one);
    else if (typeof value === "string") headers.set(name, value);
  }
}

/**
 * The headers of successful answers, where they are the same each time: where nobody else's `responseMeta` has a say.
 */
export function fixedHeads(options: HandlerOptions, routes: Iterable<Route>): ReadonlyMap<Route, HeaderPairs> {
  const isOwn = options.responseMeta === responseMeta;
  if (options.responseMeta !== undefined && !isOwn) return new Map();
  const headOf = ({ procedure }: Route): HeaderPairs => {
    const headers = new Headers([VARY, JSON_TYPE]);
    if (isOwn) addHeaders(headers, responseMeta({ errors: [], info: { calls: [{ procedure }] } }).headers);
    return [...headers];
  };
  return new Map(Array.from(routes, (route) => [route, headOf(route)]));
}
