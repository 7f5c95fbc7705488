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
export { authenticateService, type ServiceRule } from "./decision/authenticate.ts";
export type { AccountPrincipal, Principal, ServicePrincipal } from "./decision/principal.ts";
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
export type { Fetch } from "./issuer/fetch-json.ts";
export type { FromClaims, OidcOptions } from "./oidc/oidc-options.ts";
export { oidcVerifier } from "./oidc/oidc-verifier.ts";
export type { CommonOptions, LocalIssuer, RemoteIssuer } from "./options.ts";
export type { DpopOptions } from "./possession/dpop-options.ts";
export { challengeFor } from "./refusal/challenge.ts";
export { type ChallengeError, type RefusalRow, refusalOf, refusals, trpcErrorOf } from "./refusal/refusal.ts";
export type { RefusalData } from "./refusal/refused-call.ts";
export type { ResponseMetaInput } from "./refusal/response-meta.ts";
export { type Facts, facts, type RequestLike } from "./request/facts.ts";
export type { FeedCredential, Revocation, WhenSilent } from "./revocation/revocation.ts";
export { createVerifier, type OwnToken, type OwnVerifier, type VerifierParts } from "./verify/local-verifier.ts";
export type { AccountSubject, ServiceSubject, Subject, VerifiedToken, Verifier } from "./verify/verifier.ts";
