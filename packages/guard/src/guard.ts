import { type Policy, systemWorld } from "@countersign/tokens";
import type {
  AnyTRPCRootTypes,
  AnyTRPCRouter,
  TRPCCreateRouterOptions,
  TRPCRootObject,
  TRPCRuntimeConfigOptions,
} from "@trpc/server";
import { z } from "zod";
import { asService, type ServiceRights } from "./as-service.ts";
import {
  type Decide,
  decideAllowed,
  decideOpen,
  decideOrSignedIn,
  decideSignedIn,
  decideSignedInWithin,
} from "./decision/decide.ts";
import { createIdentifier } from "./decision/identify.ts";
import type { Principal } from "./decision/principal.ts";
import { createRounds } from "./decision/rounds.ts";
import type { Guard } from "./guard-types.ts";
import {
  assertKnown,
  assertWhy,
  assertWithin,
  type CommonOptions,
  checkOptions,
  type LocalIssuer,
  type RemoteIssuer,
} from "./options.ts";
import { createPossession, noPossession } from "./possession/possession.ts";
import { createProcedures, type Foundation } from "./procedures.ts";
import { offering } from "./refusal/challenge.ts";
import { responseMeta } from "./refusal/response-meta.ts";
import type { Facts } from "./request/facts.ts";
import { accessTable } from "./router/access-table.ts";
import { assertLazyChecked, checkLazyLoaders, checkLazyRoutes } from "./router/lazy-routers.ts";
import { seal } from "./router/seal.ts";
import { createRemoteVerifier } from "./verify/remote-verifier.ts";

type OwnClaims = Readonly<Record<string, unknown>>;
const anyClaims = z.record(z.string(), z.unknown());

/**
 * Puts a guard in front of an API's own `t`: its context (which brings `auth: facts(req)`), meta, transformer, error
 * formatter and middlewares stay. Give out what this returns and keep `t` to yourself, and there is no way to build a
 * procedure that nobody decided about.
 *
 * Does not check: who owns the object that an input names. That is the procedure's business.
 *
 * @throws {TypeError} with a sentence that names the setting, for whatever would make a guard that does not guard.
 */
export function createGuard<
  C extends { auth: Facts },
  M extends object,
  Opt extends TRPCRuntimeConfigOptions<C, M>,
  Root extends AnyTRPCRootTypes,
  const P extends string,
  Claims = OwnClaims,
  Base extends object = object,
  Extra extends object = object,
>(
  t: TRPCRootObject<C, M, Opt, Root>,
  options: CommonOptions<P, Claims, C, M, Base, Root["errorShape"], Extra> & (RemoteIssuer | LocalIssuer),
): Guard<{ context: C; meta: M; root: Root; base: Base; permission: P; claims: Claims; extra: Extra }> {
  const settings = checkOptions(options);
  const world = options.world ?? systemWorld;
  const now = () => world.now();
  const verifier =
    typeof options.issuer === "string"
      ? createRemoteVerifier(options.issuer, { fetch: options.fetch, revocation: settings.revocation, world })
      : options.issuer;
  const issuerNow = () => verifier.now?.() ?? world.now();
  const self = Object.freeze({});
  const claims = options.claims ?? anyClaims;
  const possession = settings.dpop === null ? noPossession : createPossession(settings.dpop, world);
  const { identify, sendsAway } = createIdentifier<P, unknown>({
    ...settings,
    self,
    verifier,
    possession,
    claims,
    now,
  });

  type Who = Principal<P, unknown>;
  // The three are the user's own, and typed by `CommonOptions`; inside, their types are variables and say nothing.
  const foundation = { config: t._config, procedure: t.procedure, base: options.base } as unknown as Foundation;
  const enrich = options.enrich as ((who: Who, ctx: object) => Promise<object> | object) | undefined;
  const procedure = createProcedures<Who>(foundation);
  const { maxBatchSize, permissions } = settings;
  const rounds = createRounds(verifier);
  const build = (policy: Policy, decide: Decide<P, unknown>) =>
    procedure(policy, {
      decide: offering(decide, possession.schemes),
      sendsAway: "open" in policy ? undefined : sendsAway,
      enrich,
      maxBatchSize,
      rounds,
    });
  const buildAllowed = (policy: Policy, names: readonly P[], enough: "every" | "some") => {
    assertKnown("allowed", names, permissions);
    return build(policy, decideAllowed(identify, names, enough));
  };

  const signedInWithin = (options: { readonly within: number }) => {
    const within = assertWithin(options.within);
    return build({ signedIn: true, within }, decideSignedInWithin(identify, { within, now: issuerNow }));
  };

  const guard = {
    open: Object.assign((why: string) => build({ open: assertWhy(why) }, decideOpen), {
      orSignedIn: (why: string) => build({ orSignedIn: assertWhy(why) }, decideOrSignedIn(identify)),
    }),
    signedIn: Object.assign(signedInWithin, build({ signedIn: true }, decideSignedIn(identify))),
    allowed: Object.assign((...names: P[]) => buildAllowed({ allowed: Object.freeze(names) }, names, "every"), {
      any: (...names: P[]) => buildAllowed({ allowedAny: Object.freeze(names) }, names, "some"),
    }),
    asService: (name: string, rights: ServiceRights<P>) => asService(self, permissions, name, rights),
    router(routes: TRPCCreateRouterOptions) {
      return assertGuarded(t.router(checkLazyRoutes(routes)));
    },
    createCallerFactory: t.createCallerFactory,
    mergeRouters(...routers: AnyTRPCRouter[]) {
      for (const router of routers) checkLazyLoaders(router);
      return assertGuarded(t.mergeRouters(...routers));
    },
    seal,
    accessTable: (router: AnyTRPCRouter) => accessTable(router),
    responseMeta,
    maxBatchSize,
    ready: async () => await verifier.ready?.(),
    close: () => verifier.close?.(),
  };
  // What the builders let through was just built here; `Guard` says it to the compiler. See `guard.test-d.ts`.
  return Object.freeze(guard) as never;
}

function assertGuarded<R extends AnyTRPCRouter>(router: R): R {
  accessTable(router);
  assertLazyChecked(router);
  return router;
}
