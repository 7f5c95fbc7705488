import type { IssuerRouter as ServersRouter } from "@countersign/server/router";
import type * as tokens from "@countersign/tokens";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { IssuerRouter, Reason, SessionReply } from "./api.ts";

// Compiled, not run. api.ts is generated text; what it means is compared here with what it was generated from.

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <_ extends true>() => undefined;

/** The same type with every alias, interface and intersection in it written out. */
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;

/** All that a client sees of a router: each procedure's kind, input, output, error and policy. */
type Seen<Record> = {
  [K in keyof Record]: Record[K] extends {
    _def: { type: infer Kind; $types: { input: infer Input; output: infer Output; errorShape: infer Failure } };
    meta: { "~policy"?: infer Policy };
  }
    ? { kind: Kind; input: Input; output: Output; error: Flat<Failure>; policy: Policy }
    : Seen<Record[K]>;
};

/** The names under which two records of procedures do not look the same. */
type Differing<A, B> = {
  [K in keyof A | keyof B]: K extends keyof A & keyof B ? (Equal<Seen<A>[K], Seen<B>[K]> extends true ? never : K) : K;
}[keyof A | keyof B];
const none = <_ extends never>() => undefined;

none<Differing<IssuerRouter["_def"]["record"], ServersRouter["_def"]["record"]>>();
check<Equal<inferRouterInputs<IssuerRouter>, inferRouterInputs<ServersRouter>>>();
check<Equal<inferRouterOutputs<IssuerRouter>, inferRouterOutputs<ServersRouter>>>();
check<Equal<Reason, tokens.Reason>>();
check<Equal<Flat<SessionReply>, Flat<tokens.SessionReply>>>();
check<
  Equal<
    Flat<IssuerRouter["_def"]["_config"]["$types"]["errorShape"]>,
    Flat<ServersRouter["_def"]["_config"]["$types"]["errorShape"]>
  >
>();

// The comparison itself sees a difference in each of them.
type Users = IssuerRouter["users"];
type Other<Changed> = { list: Omit<Users["list"], keyof Changed> & Changed };
none<Differing<Pick<Users, "list">, Other<object>>>();
// @ts-expect-error another policy
none<Differing<Pick<Users, "list">, Other<{ meta: { "~policy"?: { readonly signedIn: true } } }>>>();
// @ts-expect-error another input and output
none<Differing<Pick<Users, "list">, Other<Pick<Users["get"], "_def">>>>();
// @ts-expect-error one more
none<Differing<Pick<Users, "list">, Pick<Users, "list" | "get">>>();

// A client knows who may call what, without a value of the server's.
check<
  Equal<IssuerRouter["users"]["list"]["meta"]["~policy"], { readonly allowed: readonly ["users:read"] } | undefined>
>();
