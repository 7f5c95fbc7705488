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

check<Equal<Seen<IssuerRouter["_def"]["record"]>, Seen<ServersRouter["_def"]["record"]>>>();
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
type Procedure = IssuerRouter["users"]["list"];
type Other<Changed> = { p: Omit<Procedure, keyof Changed> & Changed };
check<Equal<Seen<{ p: Procedure }>, Seen<Other<object>>>>();
// @ts-expect-error another policy
check<Equal<Seen<{ p: Procedure }>, Seen<Other<{ meta: { "~policy"?: { readonly signedIn: true } } }>>>>();
// @ts-expect-error another output
check<Equal<Seen<{ p: Procedure }>, Seen<Other<{ _def: IssuerRouter["users"]["get"]["_def"] }>>>>();

// A client knows who may call what, without a value of the server's.
check<
  Equal<IssuerRouter["users"]["list"]["meta"]["~policy"], { readonly allowed: readonly ["users:read"] } | undefined>
>();
