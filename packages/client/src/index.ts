export type { Access } from "./access.ts";
export { type Action, actions } from "./actions.ts";
export type { IssuerRouter, Reason } from "./api.ts";
export type { ClientWorld } from "./client-world.ts";
export type { ConnectOptions } from "./connect.ts";
export { type ClientOptions, type CountersignClient, createClient, type SharedOptions } from "./create-client.ts";
export { ClientError, type ClientErrorOptions, type ClientReason, reasonOf } from "./errors.ts";
export type { SessionEventSource, SessionEventSourceClass } from "./event-source.ts";
export type { BoundMode, CookieMode, DefaultMode, ModeOptions, StorageMode } from "./mode.ts";
export type { ProcedurePath } from "./procedure-path.ts";
export { createProofKey, type ProofKeyPair } from "./proof-key.ts";
export type { Session } from "./session.ts";
export type { SessionState, SessionWarning, StorageProblem } from "./session-state.ts";
export type {
  Credentials,
  NewAccount,
  SignIn,
  SignInInput,
  SignInMethodLike,
  SignInWays,
} from "./sign-in.ts";
export type { StepUpHandler, StepUpRequest } from "./step-up.ts";
export { memoryStorage, type TokenStorage } from "./storage.ts";
