import type { AccessTable, Policy } from "@countersign/tokens";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Middleware } from "./chain.ts";
import { type Enforcement, enforceBefore, enforcedBy } from "./policy.ts";

/** What tRPC keeps in a procedure, as far as it is read here. */
interface ProcedureDef {
  readonly middlewares: (Middleware & { readonly _type?: string })[];
  readonly caller?: unknown;
}

/**
 * The access table of what a router has loaded, in order of the paths.
 *
 * Does not check: lazy routers that nobody has called yet. `guard.seal` loads them.
 *
 * @throws {TypeError} naming the path of the first procedure without exactly one policy before its input.
 */
export function accessTable(router: AnyTRPCRouter, prefix = ""): AccessTable {
  const procedures = Object.entries(router._def.procedures).sort(([a], [b]) => (a < b ? -1 : 1));
  const table: Record<string, Policy> = Object.create(null);
  for (const [path, procedure] of procedures) table[path] = policyAt(prefix + path, procedure);
  return Object.freeze(table);
}

/** What guards one procedure, `undefined` where nothing does or several things do. */
export function enforcementOf(procedure: unknown): Enforcement | undefined {
  let found: Enforcement | undefined;
  for (const middleware of chainOf(procedure)) {
    const enforcement = enforcedBy(middleware);
    if (enforcement && found) return undefined;
    found ??= enforcement;
  }
  return found;
}

/** What a procedure consists of; empty where it is none. */
export function chainOf(procedure: unknown): readonly Middleware[] {
  return defOf(procedure)?.middlewares ?? [];
}

function policyAt(path: string, procedure: unknown): Policy {
  const def = defOf(procedure);
  if (!def) throw new TypeError(`${path}: not a procedure`);
  const places = [...def.middlewares.keys()].filter((at) => enforcedBy(def.middlewares[at]));
  const [place, ...others] = places;
  if (place === undefined) throw new TypeError(`${path}: no policy; build it from open, signedIn or allowed`);
  if (others.length > 0) throw new TypeError(`${path}: more than one policy; use allowed with several permissions`);
  const input = def.middlewares.findIndex((middleware) => middleware._type === "input");
  if (input >= 0 && input < place)
    throw new TypeError(`${path}: input is read before the policy; put the policy first`);
  // It may answer without running the chain, and the policy with it.
  if (def.caller) throw new TypeError(`${path}: experimental_caller replaces the call that the policy guards`);
  const enforcement = enforcedBy(def.middlewares[place]) as Enforcement;
  settle(def.middlewares, place, enforcement);
  return enforcement.policy;
}

/** What was looked at is what runs: the check and what comes after it in one, and nothing can be put between or before. */
function settle(middlewares: ProcedureDef["middlewares"], place: number, enforcement: Enforcement): void {
  if (Object.isFrozen(middlewares)) return;
  const rest = middlewares.splice(place + 1);
  middlewares[place] = enforceBefore(rest, enforcement);
  Object.freeze(middlewares);
}

function defOf(procedure: unknown): ProcedureDef | undefined {
  if (typeof procedure !== "function" || !("_def" in procedure)) return undefined;
  const def = procedure._def;
  // `signedIn` can be called as well, and is no procedure.
  const isEnded = typeof def === "object" && def !== null && "type" in def;
  const isDef = isEnded && "middlewares" in def && Array.isArray(def.middlewares);
  // Checked just above as far as it is used.
  return isDef ? (def as ProcedureDef) : undefined;
}
