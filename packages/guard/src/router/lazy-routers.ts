import { type AnyTRPCRouter, lazy, type TRPCCreateRouterOptions, TRPCError } from "@trpc/server";
import { accessTable } from "./access-table.ts";

type Lazy = ReturnType<typeof lazy<AnyTRPCRouter>>;
type Routes = TRPCCreateRouterOptions;

/** What was given for what: the same lazy router is always replaced by the same checked one. */
const checked = new WeakMap<object, Lazy>();
/** The checked ones themselves. */
const trusted = new WeakSet<object>();

/**
 * Replaces every lazy router in a record of routes by one that is refused, when it is loaded, before tRPC adds any of its
 * procedures. Everything else stays what it is.
 *
 * @throws {TypeError} naming the path of what can be no route, which tRPC would walk into without end.
 */
export function checkLazyRoutes(routes: Routes, path = ""): Routes {
  const entries = Object.entries(routes).map(([key, item]) => [key, checkLazyRoute(item, path + key)] as const);
  return Object.fromEntries(entries);
}

function checkLazyRoute(item: unknown, path: string): Routes[string] {
  if (isLazy(item)) return checkedLazy(item, `${path}.`);
  if (isBuilder(item)) throw new TypeError(`${path}: not a procedure; end it with query, mutation or subscription`);
  // Whether a function is a guarded procedure is asked when the router stands.
  if (typeof item === "function") return item as Routes[string];
  if (typeof item !== "object" || item === null) throw new TypeError(`${path}: not a procedure and not a router`);
  if (!isRouter(item)) return checkLazyRoutes(item as Routes, `${path}.`);
  checkLazyLoaders(item, `${path}.`);
  return item;
}

/** The same for the lazy routers inside a router that is about to become part of another. */
export function checkLazyLoaders(router: AnyTRPCRouter, prefix = ""): void {
  for (const [path, loader] of Object.entries(router._def.lazy)) {
    loader.ref = checkedLazy(loader.ref, `${prefix}${path}.`);
  }
}

/** @throws {TypeError} where a built router holds a lazy one that was not replaced: tRPC keeps them elsewhere by now. */
export function assertLazyChecked(router: AnyTRPCRouter): void {
  const stranger = Object.entries(router._def.lazy).find(([, loader]) => !trusted.has(loader.ref));
  if (stranger) throw new TypeError(`${stranger[0]}: a lazy router that the guard could not check`);
}

function checkedLazy(original: Lazy, prefix: string): Lazy {
  if (trusted.has(original)) return original;
  const known = checked.get(original);
  if (known) return known;
  let loading: Promise<AnyTRPCRouter> | undefined;
  const replacement = lazy(() => {
    loading ??= original().then((router) => inspect(router, prefix));
    return loading;
  });
  checked.set(original, replacement);
  trusted.add(replacement);
  return replacement;
}

function inspect(router: AnyTRPCRouter, prefix: string): AnyTRPCRouter {
  try {
    accessTable(router, prefix);
    checkLazyLoaders(router, prefix);
    return router;
  } catch (cause) {
    // Thrown while a call waits for the router: the caller learns nothing, the log everything.
    throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "internal", cause });
  }
}

/** What procedures are built from. Ours may be functions as well, see `signedIn({ within })`; what they are not is ended. */
function isBuilder(item: unknown): boolean {
  const isThing = typeof item === "function" || (typeof item === "object" && item !== null);
  if (!isThing || !("_def" in item) || typeof item._def !== "object" || item._def === null) return false;
  return !("type" in item._def) && !("router" in item._def);
}

function isRouter(item: object): item is AnyTRPCRouter {
  return "_def" in item && typeof item._def === "object" && item._def !== null && "router" in item._def;
}

/** tRPC's own mark. Where it changes, `assertLazyChecked` refuses to build. */
function isLazy(item: unknown): item is Lazy {
  return typeof item === "function" && "lazyMarker" in item;
}
