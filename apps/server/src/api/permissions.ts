/** What may be done at the issuer itself: the closed list of its permissions. */
export const permissions = [
  "users:read",
  "users:write",
  "roles:read",
  "roles:write",
  "invitations:read",
  "invitations:write",
  "access:write",
  "audit:read",
] as const;
