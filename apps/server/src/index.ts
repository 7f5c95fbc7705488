export type { AccessDeclaration, DeclaredRole } from "@countersign/tokens";
export { type Reason, Refusal } from "@countersign/tokens";
export { type App, createApp } from "./app.ts";
export { type Config, readConfig, type TlsConfig } from "./config.ts";
export { type ConfigFile, defineConfig } from "./config-file.ts";
export { devCertificate } from "./dev-certificate.ts";
export type { EventName, IssuerEvent } from "./events.ts";
export type { FetchOptions, IssuerFetch } from "./http/fetch.ts";
export {
  createIssuer,
  type Issuer,
  type IssuerAccount,
  type IssuerAccounts,
  type IssuerOptions,
} from "./issuer.ts";
export type { Database } from "./issuer-options.ts";
export type { MetadataChange, MetadataOf, MetadataSchemas } from "./services/accounts/metadata.ts";
export type { Caller } from "./services/caller.ts";
export type { Hooks, HookTransaction } from "./services/hooks.ts";
export type { MailFacts, MailKind, MailMessage } from "./services/mail/message.ts";
export type { MailOptions } from "./services/mail/options.ts";
export type { MailTexts } from "./services/mail/texts.ts";
export type { ClaimsOptions } from "./services/sessions/claims.ts";
export { defineSignInMethod, type Proof, type SignInMethod, wrongCredentials } from "./services/sign-in/method.ts";
export { StartError } from "./start-error.ts";
