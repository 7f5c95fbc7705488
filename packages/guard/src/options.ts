import { isAudience, isPermission, type World } from "@countersign/tokens";
import type { z } from "zod";
import type { Principal } from "./decision/principal.ts";
import type { BaseBuilder, Overwrite } from "./guard-types.ts";
import type { RemoteOptions } from "./issuer/published-keys.ts";
import { positive } from "./positive.ts";
import { checkDpop, type DpopOptions, type DpopSettings } from "./possession/dpop-options.ts";
import { checkRevocation, type KnownRevocation, type Revocation } from "./revocation/revocation.ts";
import type { Verifier } from "./verify/verifier.ts";

/** What a guard needs, wherever its issuer is. */
export interface CommonOptions<P extends string, Claims, Context, Meta, Base, Shape, Extra> {
  /** Every permission of this API, each `noun:verb`. */
  readonly permissions: readonly P[];
  /** The installation's own claims, as `ctx.principal.claims`. A token that does not fit is refused. */
  readonly claims?: z.ZodType<Claims>;
  /** Your own middlewares, before the policy: `t.procedure.use(timing)`. They must not read input. */
  readonly base?: BaseBuilder<Context, Meta, Base, Shape>;
  /** What you add to the context of an identified call, after the policy. A `Refusal` thrown here refuses the call. */
  enrich?(principal: Principal<P, Claims>, ctx: Overwrite<Context, Base>): Promise<Extra> | Extra;
  /** How many calls one request may hold; 50 by default. */
  readonly maxBatchSize?: number;
  /** How many verified tokens are remembered; 10 000 by default. */
  readonly rememberTokens?: number;
  /** How tokens that are bound to a key are taken; left out, they are refused. */
  readonly dpop?: DpopOptions;
  /** Clock and randomness; the machine's by default. */
  readonly world?: World;
}

/** An issuer elsewhere: its keys are fetched. */
export interface RemoteIssuer extends RemoteOptions {
  /** The issuer's identifier: an https URL, exactly as it stands in the tokens. */
  readonly issuer: string;
  /** This API's identifier, its public base URL, exactly as it stands in the tokens. */
  readonly audience: string;
  /** Written out, because it is a decision. */
  readonly revocation: Revocation;
}

/** A verifier: that of an issuer in this process, `issuer.verifier`, or one for somebody else's issuer. */
export interface LocalIssuer {
  readonly issuer: Verifier;
  /** This API's identifier; by default the one that the verifier is for, or the issuer's own. */
  readonly audience?: string;
  /** A verifier knows what is revoked. */
  readonly revocation?: undefined;
  readonly fetch?: undefined;
}

/** Checked settings. */
export interface Settings<P extends string> {
  readonly audience: string;
  readonly permissions: ReadonlySet<P>;
  readonly maxBatchSize: number;
  readonly capacity: number;
  /** `null` where proofs are not read. */
  readonly dpop: DpopSettings | null;
  /** How an issuer elsewhere tells of revocations; `null` where it does not, or where the verifier knows. */
  readonly revocation: KnownRevocation | null;
}

/** @throws {TypeError} with a sentence that names the setting, for whatever would make a guard that does not guard. */
export function checkOptions<P extends string>(
  options: (RemoteIssuer | LocalIssuer) & {
    readonly permissions: readonly P[];
    readonly maxBatchSize?: number;
    readonly rememberTokens?: number;
    readonly dpop?: DpopOptions;
  },
): Settings<P> {
  return Object.freeze({
    audience:
      typeof options.issuer === "string"
        ? remoteAudience(options as RemoteIssuer)
        : localAudience(options as LocalIssuer),
    permissions: checkPermissions(options.permissions),
    maxBatchSize: positive("maxBatchSize", options.maxBatchSize ?? 50),
    capacity: positive("rememberTokens", options.rememberTokens ?? 10_000),
    dpop: options.dpop === undefined ? null : checkDpop(options.dpop),
    revocation: typeof options.issuer === "string" ? checkRevocation((options as RemoteIssuer).revocation) : null,
  });
}

function remoteAudience({ issuer, audience }: RemoteIssuer): string {
  assertHttps("issuer", issuer);
  if (audience === undefined)
    throw new TypeError("audience: name this API's public base URL, as it stands in its tokens");
  return assertAudience(audience);
}

function localAudience({ issuer, audience, revocation }: LocalIssuer): string {
  const isVerifier = typeof issuer?.verify === "function" && typeof issuer.judge === "function";
  if (!isVerifier) throw new TypeError("issuer: an https URL, or a verifier of an issuer in this process");
  assertHttps("issuer", issuer.issuer);
  if (revocation !== undefined) throw new TypeError("revocation: a verifier in this process knows; leave it out");
  if (issuer.audience === undefined) return assertAudience(audience ?? issuer.issuer);
  // Whatever another issuer calls this API: it need not be a URL.
  if (typeof issuer.audience !== "string" || issuer.audience === "")
    throw new TypeError("audience: the verifier that was given is for none");
  if (audience === undefined || audience === issuer.audience) return issuer.audience;
  throw new TypeError("audience: the verifier that was given is for another one");
}

/** RFC 8414 §2: https, no query, no fragment. */
export function assertHttps(name: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url?.protocol === "https:" && !/[?#@\\\s]/.test(text);
  if (!plain) throw new TypeError(`${name}: must be an https URL without credentials, query or fragment`);
}

function assertAudience(audience: string): string {
  if (isAudience(audience)) return audience;
  throw new TypeError("audience: must be an https URL without credentials, query or fragment (http on loopback only)");
}

function checkPermissions<P extends string>(permissions: readonly P[]): ReadonlySet<P> {
  if (!Array.isArray(permissions) || permissions.length === 0) throw new TypeError("permissions: name at least one");
  const bad = permissions.find((name) => typeof name !== "string" || !isPermission(name));
  if (bad !== undefined) throw new TypeError(`permissions: ${JSON.stringify(bad)} is not of the form noun:verb`);
  const twice = permissions.find((name, at) => permissions.indexOf(name) !== at);
  if (twice !== undefined) throw new TypeError(`permissions: ${JSON.stringify(twice)} stands twice`);
  return new Set(permissions);
}

/** @throws {TypeError} for a list of permissions that is empty, or names what this API does not know. */
export function assertKnown(what: string, names: readonly string[], permissions: ReadonlySet<string>): void {
  if (names.length === 0) throw new TypeError(`${what}: name at least one permission`);
  const unknown = names.find((name) => !permissions.has(name));
  if (unknown !== undefined)
    throw new TypeError(`${what}: ${JSON.stringify(unknown)} is none of this API's permissions`);
}

/** @throws {TypeError} for what is no number of whole seconds. */
export function assertWithin(within: number): number {
  if (Number.isSafeInteger(within) && within > 0) return within;
  throw new TypeError("signedIn.within: how old the sign-in may be, in whole seconds, at least 1");
}

/** @throws {TypeError} where nobody says why a procedure is open. */
export function assertWhy(why: string): string {
  if (typeof why !== "string" || why.trim() === "") throw new TypeError("open: say why anybody may call");
  return why;
}
