export { CookieTooLargeError } from "./cookie-size.ts";
export {
  createServerSessions,
  type ProxyStep,
  type ServerSessions,
  type ServerSessionsOptions,
} from "./create-server-sessions.ts";
export { type Need, needOf } from "./need.ts";
export type { CookieHolder } from "./request-cookie.ts";
export type { ExpiredSession, ServerAccess, ServerSession, SignedInSession, SignedOut } from "./server-session.ts";
