import type { TRPCError } from "@trpc/server";
import type { ResponseMeta } from "@trpc/server/http";
import { headersOf, isOpen, responseMeta } from "../refusal/response-meta.ts";
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

/** The headers of an answer; `undefined` where somebody else has a say in them. */
export type KnownHead = (route: Route, error: TRPCError | undefined) => HeaderPairs | undefined;

/**
 * The heads of answers where nobody has a say in them but the guard: that of a success is the same each time, that of an
 * error says what the refusal asks for.
 */
export function createKnownHead(options: HandlerOptions, routes: Iterable<Route>): KnownHead {
  const isOwn = options.responseMeta === responseMeta;
  if (options.responseMeta !== undefined && !isOwn) return () => undefined;
  // In the order in which a `Headers` object gives them out.
  const headersFor = (errors: TRPCError[], isPublic: boolean): HeaderPairs =>
    [VARY, JSON_TYPE, ...(isOwn ? headersOf(errors, isPublic) : [])].sort(([one], [other]) => (one < other ? -1 : 1));
  const successes = new Map(Array.from(routes, (route) => [route, headersFor([], isOpen(route.procedure))]));
  return (route, error) => (error === undefined ? successes.get(route) : headersFor([error], false));
}
