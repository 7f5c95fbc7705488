/** Lets a service read what was revoked. An account that holds it may give it to services, and not read itself. */
export const FEED_PERMISSION = "feed:read";

/** What may be done at the issuer itself: the closed list of its permissions. */
export const permissions = [
  "users:read",
  "users:write",
  "roles:read",
  "roles:write",
  "invitations:read",
  "invitations:write",
  "services:read",
  "services:write",
  "access:write",
  "keys:write",
  "audit:read",
  FEED_PERMISSION,
] as const;
