import type { AccessTable, Policy } from "@countersign/tokens";
import type {
  AnyTRPCRootTypes,
  AnyTRPCRouter,
  TRPCBuiltRouter,
  TRPCCreateRouterOptions,
  TRPCDecorateCreateRouterOptions,
  TRPCMergeRouters,
  TRPCProcedureBuilder,
  TRPCRouterCallerFactory,
  TRPCUnsetMarker,
} from "@trpc/server";
import type { ServiceRights } from "./as-service.ts";
import type { AccountPrincipal, Principal } from "./decision/principal.ts";
import type { RefusalData } from "./refusal/refused-call.ts";
import type { ResponseMetaInput } from "./refusal/response-meta.ts";
import type { Facts } from "./request/facts.ts";

/** Everything a guard's type depends on, by name. */
export interface GuardTypes {
  readonly context: object;
  readonly meta: object;
  readonly root: AnyTRPCRootTypes;
  /** What `base` adds to the context. */
  readonly base: object;
  readonly permission: string;
  readonly claims: unknown;
  /** What `enrich` adds to the context. */
  readonly extra: object;
}

/** `t.procedure`, or what somebody's middlewares made of it: nothing read yet. */
export type BaseBuilder<Context, Meta, Added, Shape> = TRPCProcedureBuilder<
  Context,
  Meta,
  Added,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  Shape
>;

/** What a property of the context becomes when it is set again. */
export type Overwrite<Before, After> = Omit<Before, keyof After> & After;

/** The user's own error shape, and what the guard's refusals add to it. */
export type RefusableShape<Shape> = Shape & { readonly data: RefusalData };

/** A procedure builder behind a policy. The literal policy is in its meta's type, so clients know it; it is not in meta. */
export type Guarded<G extends GuardTypes, P extends Policy, Added> = BaseBuilder<
  G["context"],
  G["meta"] & { readonly "~policy"?: P },
  Overwrite<G["base"], Added>,
  RefusableShape<G["root"]["errorShape"]>
>;

type Account<G extends GuardTypes> = AccountPrincipal<G["permission"], G["claims"]>;
type Anyone<G extends GuardTypes> = Principal<G["permission"], G["claims"]>;
type Permissions<G extends GuardTypes> = readonly [G["permission"], ...G["permission"][]];

/**
 * `signedIn({ within })`: whoever signed in and proved who they are so many seconds ago at most; else `step_up_required`
 * (RFC 9470), and the SDK asks them to do it again. Refreshing makes no sign-in younger.
 *
 * @throws {TypeError} for what is no number of whole seconds.
 */
export type SignedInWithin<G extends GuardTypes> = <const S extends number>(options: {
  readonly within: S;
}) => Guarded<G, { readonly signedIn: true; readonly within: S }, { principal: Account<G> } & G["extra"]>;

/** What `createGuard` gives: procedures with a policy, and no others. */
export interface Guard<G extends GuardTypes> {
  readonly open: {
    /** Anybody may call; say why. Credentials are not looked at. */
    <const W extends string>(why: W): Guarded<G, { readonly open: W }, { principal: null }>;
    /** Anybody may call; an account that brings its token is recognised, a bad token is refused. */
    orSignedIn<const W extends string>(
      why: W,
    ): Guarded<G, { readonly orSignedIn: W }, { principal: Account<G> | null } & Partial<G["extra"]>>;
  };
  /** Whoever signed in: accounts, not services. */
  readonly signedIn: Guarded<G, { readonly signedIn: true }, { principal: Account<G> } & G["extra"]> &
    SignedInWithin<G>;
  readonly allowed: {
    /** Accounts and services whose token carries all of these permissions. */
    <const Q extends Permissions<G>>(
      ...permissions: Q
    ): Guarded<G, { readonly allowed: Q }, { principal: Anyone<G> } & G["extra"]>;
    /** Accounts and services whose token carries at least one of these permissions. */
    any<const Q extends Permissions<G>>(
      ...permissions: Q
    ): Guarded<G, { readonly allowedAny: Q }, { principal: Anyone<G> } & G["extra"]>;
  };
  /**
   * For jobs in this process: `createCaller({ …, auth: guard.asService("nightly", { permissions }) })`. They are judged as
   * any service is; only this guard believes these facts, and no request can bring them.
   *
   * @throws {TypeError} for a job without a name, or without permissions of this API.
   */
  asService(name: string, rights: ServiceRights<G["permission"]>): Facts;
  /**
   * `t.router`, for guarded procedures only.
   *
   * @throws {TypeError} naming the path of a procedure without exactly one policy before its input. Lazy routers are
   * refused when they are loaded.
   */
  router<T extends TRPCCreateRouterOptions>(
    routes: T,
    ...unguarded: [Unguarded<T>] extends [never] ? [] : [NoPolicy]
  ): TRPCBuiltRouter<G["root"], TRPCDecorateCreateRouterOptions<T>>;
  /** Never what is meant: the compiler comes here to say which of the routes has no policy. */
  router<T extends TRPCCreateRouterOptions>(
    routes: T & Checked<T>,
  ): TRPCBuiltRouter<G["root"], TRPCDecorateCreateRouterOptions<T>>;
  /** `t.createCallerFactory`. */
  readonly createCallerFactory: TRPCRouterCallerFactory<G["root"]>;
  /** `t.mergeRouters`, for guarded routers only. */
  mergeRouters<T extends AnyTRPCRouter[]>(...routers: [...T]): TRPCMergeRouters<T>;
  /**
   * Loads every lazy router, so that nothing unguarded is found later than at start-up.
   *
   * @throws {TypeError} naming the path of a procedure without exactly one policy before its input.
   */
  seal(router: AnyTRPCRouter): Promise<AccessTable>;
  /** The access table of what is loaded. Does not load lazy routers: see `seal`. */
  accessTable(router: AnyTRPCRouter): AccessTable;
  /** For the adapter's option of this name: challenge, `Retry-After` and `Cache-Control`. The status stays tRPC's. */
  readonly responseMeta: (about: ResponseMetaInput) => { headers: Headers };
  /** For the adapter's option of this name. The guard refuses calls beyond it also where the adapter was not told. */
  readonly maxBatchSize: number;
  /**
   * Starts to learn of revocations before the first call, which does it otherwise, and settles when calls can be judged.
   * It starts nothing where there is nothing to start. May be asked again, by a readiness probe for example.
   *
   * @throws {Refusal} what calls get at that moment, `revocation_unknown` or `clock_skew`; the guard goes on trying.
   */
  ready(): Promise<void>;
  /** Closes the revocation feed, which keeps a process alive. From then on nothing is learned, and calls are refused. */
  close(): void;
}

/**
 * The names of the routes that hold something without a policy, `never` where there are none. Asked after the types of
 * the routes are known, where it costs a fraction of what `Checked` would.
 */
export type Unguarded<T> = {
  [K in keyof T]: T[K] extends { readonly meta: infer M }
    ? "~policy" extends keyof M
      ? never
      : K
    : T[K] extends { readonly _def: { readonly router: true; readonly record: infer R } }
      ? NamedIfUnguarded<R, K>
      : T[K] extends () => Promise<infer L>
        ? L extends { readonly _def: { readonly record: infer R } }
          ? NamedIfUnguarded<R, K>
          : never
        : NamedIfUnguarded<T[K], K>;
}[keyof T];

/** Of a record that the compiler knows nothing about, what is in it is asked when the router is built. */
type NamedIfUnguarded<R, Name> = 0 extends 1 & R ? never : [Unguarded<R>] extends [never] ? never : Name;

/** The same as a demand on the routes, so that the compiler points at the one that lacks a policy. */
export type Checked<T> = { [K in keyof T]: K extends Unguarded<T> ? NoPolicy : T[K] };

/** Shown by the compiler where a procedure has no policy. */
export interface NoPolicy {
  readonly "no policy: build it from open, signedIn or allowed": never;
}
