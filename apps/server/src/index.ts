export type { AccessDeclaration, DeclaredRole } from "@countersign/tokens";
export { type App, createApp } from "./app.ts";
export { type Config, readConfig, type TlsConfig } from "./config.ts";
export { createIssuer, type Issuer, type IssuerOptions } from "./issuer.ts";
export type { Caller } from "./services/caller.ts";
export type { Proof, SignInMethod } from "./services/sign-in/method.ts";
export { StartError } from "./start-error.ts";
