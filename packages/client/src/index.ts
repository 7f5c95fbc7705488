export type { Access } from "./access/access.ts";
export type { ProcedurePath } from "./access/procedure-path.ts";
export { type Action, actions } from "./actions.ts";
export type { IssuerRouter, Reason } from "./api.ts";
export type { ConnectOptions } from "./calls/connect.ts";
export type { ClientWorld } from "./client-world.ts";
export { type ClientOptions, type CountersignClient, createClient, type SharedOptions } from "./create-client.ts";
export { ClientError, type ClientErrorOptions, type ClientReason, reasonOf } from "./errors.ts";
export { createProofKey, type ProofKeyPair } from "./keeping/proof-key.ts";
export { memoryStorage, type TokenStorage } from "./keeping/storage.ts";
export type { BoundMode, CookieMode, DefaultMode, ModeOptions, StorageMode } from "./mode.ts";
export type { Session } from "./session/session.ts";
export type { SessionState, SessionWarning, StorageProblem } from "./session/session-state.ts";
export type { StepUpHandler, StepUpRequest } from "./session/step-up.ts";
export type {
  Credentials,
  NewAccount,
  SignIn,
  SignInInput,
  SignInMethodLike,
  SignInWays,
} from "./sign-in/sign-in.ts";
export type { SessionEventSource, SessionEventSourceClass } from "./streams/event-source.ts";
