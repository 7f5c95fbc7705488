import type { TRPCMiddlewareFunction } from "@trpc/server";
import type { NextOptions } from "./refusal/refused-call.ts";

// Compiled, not run: what the guard leans on in tRPC's types. See `trpc-internals.test.ts` for what it does.

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function yes<T extends true>(): T;

// All that a middleware may change for those after it, which `router/chain.ts` does in tRPC's stead.
type Next = Parameters<TRPCMiddlewareFunction<object, object, object, object, unknown>>[0]["next"];
type AllOf<N> = N extends { (): unknown; (one: infer A): unknown; (other: infer B): unknown }
  ? keyof A | keyof B
  : never;
yes<Equals<AllOf<Next>, keyof NextOptions>>();
