export {
  type AccessToken,
  type Expectations,
  issueAccessToken,
  judgeTimes,
  verifyAccessToken,
} from "./access.ts";
export {
  type AccessDeclaration,
  accessDeclaration,
  type DeclaredRole,
  readAccessDeclaration,
  roleDescription,
  roleName,
} from "./access-declaration.ts";
export {
  AUDIT_BEGINNING,
  type AuditFields,
  type AuditLink,
  type ChainedEntry,
  chainEntries,
} from "./audit-chain.ts";
export { type AuditLine, auditLinesOf, readAuditLine } from "./audit-line.ts";
export { type AuditHead, importAuditKey, keyOfSeal, openAuditSeal, sealAudit } from "./audit-seal.ts";
export {
  type AuditExpectations,
  type AuditProblem,
  type AuditVerdict,
  verifyAudit,
  type WholeAudit,
} from "./audit-verify.ts";
export {
  type AccountClaims,
  accountClaims,
  type Claims,
  isAccountClaims,
  LEEWAY_S,
  MAX_TOKEN_LIFE_S,
  permissionsOf,
  reservedClaims,
  type ServiceClaims,
  serviceClaims,
  thumbprint,
} from "./claims.ts";
export { MAX_TOKEN_LENGTH } from "./compact.ts";
export { isReason, type Reason, Refusal, type RefusalOptions, reasons } from "./errors.ts";
export { type ForeignClaims, type ForeignExpectations, type ForeignToken, verifyForeignToken } from "./foreign.ts";
export { type ForeignAlgorithm, foreignAlgorithms, importForeignKey } from "./foreign-keys.ts";
export type { KeySource } from "./jwt.ts";
export {
  type Algorithm,
  algorithms,
  type GeneratedKey,
  generateKey,
  importSigningKey,
  importVerificationKey,
  type PublicJwk,
  publicJwk,
  type SigningKey,
  type VerificationKey,
} from "./keys.ts";
export { line } from "./line.ts";
export { isAudience, isPermission } from "./names.ts";
export { createOneTimeSecret, hashOneTimeSecret, type OneTimeSecret } from "./one-time.ts";
export { type AccessTable, accessTable, type Policy } from "./policy.ts";
export {
  accessTokenHash,
  createProofVerifier,
  PROOF_AGE_S,
  PROOF_AHEAD_S,
  type Proof,
  type ProofExpectations,
  type ProofRules,
  type VerifyProof,
} from "./proof.ts";
export { PROOF_ALGORITHM } from "./proof-keys.ts";
export { createProofNonces, type ProofNonces } from "./proof-nonces.ts";
export {
  GRACE_MS,
  judgeRefresh,
  LATE_STREAK_LIMIT,
  type PresentedRefresh,
  type RefreshState,
  type RefreshVerdict,
} from "./refresh.ts";
export {
  formatRefreshToken,
  importRefreshSecret,
  isAuthentic,
  parseRefreshToken,
  type RefreshKey,
  type RefreshTokenParts,
} from "./refresh-token.ts";
export { createReplayMemory, type ReplayStore } from "./replays.ts";
export { EVERYTHING, FACT_LIFE_MS, type RevocationFact, RevocationSet } from "./revocations.ts";
export { type KeyLife, type KeyStatus, PREVIOUS_MS, statusOf } from "./ring.ts";
export { heirOf, nextRingStep, PUBLISHED_MS, type RingStep, readyAt, SIGNING_MS } from "./ring-step.ts";
export { importMasterKey, type MasterKey, type Place, seal, unseal } from "./sealing.ts";
export type { ErrorReply, SessionReply, TokenReply } from "./session-reply.ts";
export { systemWorld, type World } from "./world.ts";
