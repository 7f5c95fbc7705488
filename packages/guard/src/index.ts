export {
  type AccessDeclaration,
  type AccessTable,
  type ForeignAlgorithm,
  type ForeignClaims,
  type Policy,
  type Reason,
  Refusal,
  type ReplayStore,
  type World,
} from "@countersign/tokens";
export type { ServiceRights } from "./as-service.ts";
export { authenticateService, type ServiceRule } from "./authenticate.ts";
export { challengeFor } from "./challenge.ts";
export type { DpopOptions } from "./dpop-options.ts";
export { type Facts, facts, type RequestLike } from "./facts.ts";
export type { Fetch } from "./fetch-json.ts";
export { createGuard } from "./guard.ts";
export type {
  BaseBuilder,
  Checked,
  Guard,
  Guarded,
  GuardTypes,
  NoPolicy,
  Overwrite,
  RefusableShape,
  SignedInWithin,
  Unguarded,
} from "./guard-types.ts";
export { createVerifier, type OwnToken, type OwnVerifier, type VerifierParts } from "./local-verifier.ts";
export type { FromClaims, OidcOptions } from "./oidc-options.ts";
export { oidcVerifier } from "./oidc-verifier.ts";
export type { CommonOptions, LocalIssuer, RemoteIssuer } from "./options.ts";
export type { AccountPrincipal, Principal, ServicePrincipal } from "./principal.ts";
export { type ChallengeError, type RefusalRow, refusalOf, refusals, trpcErrorOf } from "./refusal.ts";
export type { RefusalData } from "./refused-call.ts";
export type { ResponseMetaInput } from "./response-meta.ts";
export type { FeedCredential, Revocation, WhenSilent } from "./revocation.ts";
export type { AccountSubject, ServiceSubject, Subject, VerifiedToken, Verifier } from "./verifier.ts";
