import type { TRPCUntypedClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** Calls by path, as tRPC's own client has them. */
export type UntypedCalls = Pick<TRPCUntypedClient<AnyTRPCRouter>, "query" | "mutation" | "subscription">;

/** Where tRPC's other libraries look for the calls behind a typed client: `getUntypedClient`. */
const UNTYPED = Symbol.for("trpc_untypedClient");

/** What a path of properties ends with. */
const ENDS: Readonly<Record<string, keyof UntypedCalls>> = {
  query: "query",
  mutate: "mutation",
  subscribe: "subscription",
};

/** What asks a path how to show it. */
const SHOWING = ["toString", "valueOf", "toJSON"];

/** Calls by properties, `calls.notes.add.mutate(input)`: which there are, only the router's type knows. @throws {TypeError} where none is named */
export function typedCalls(calls: UntypedCalls, path: readonly string[] = []): unknown {
  const below = new Map<string, unknown>();
  return new Proxy(() => undefined, {
    get(target, name) {
      if (name === UNTYPED) return calls;
      // With a `then` it would be a promise to whoever awaits it.
      if (typeof name === "symbol" || name === "then") return undefined;
      if (name === "call" || name === "apply") return target[name];
      if (!below.has(name)) below.set(name, typedCalls(calls, [...path, name]));
      return below.get(name);
    },
    apply(_, __, input) {
      const [before, end = ""] = [path.slice(0, -1).join("."), path.at(-1)];
      if (SHOWING.includes(end)) return before;
      return Reflect.apply(calls[ENDS[end] as keyof UntypedCalls], calls, [before, ...input]);
    },
  });
}
