import { Refusal } from "@countersign/tokens";

/** Every event that the audit knows, and how it went. Nothing else is ever written to it. */
export const auditEvents = {
  "audit.key_made": "success",
  "set_up.link_made": "success",
  "set_up.redeemed": "success",
  "set_up.refused": "refused",
  "sign_up.accepted": "success",
  "sign_up.refused": "refused",
  "sign_in.succeeded": "success",
  "sign_in.refused": "refused",
  "sign_in.limited": "refused",
  "session.started": "success",
  "session.start_refused": "refused",
  "session.refresh_refused": "refused",
  "session.reuse": "refused",
  "session.refresh_ahead": "refused",
  "session.stepped_up": "success",
  "session.ended": "success",
  "session.end_refused": "refused",
  "account.password_changed": "success",
  "account.password_refused": "refused",
  "account.address_proved": "success",
  "account.disabled": "success",
  "account.enabled": "success",
  "account.removed": "success",
  "account.sessions_ended": "success",
  "account.metadata_changed": "success",
  "account.refused": "refused",
  "role.created": "success",
  "role.updated": "success",
  "role.removed": "success",
  "role.granted": "success",
  "role.revoked": "success",
  "role.refused": "refused",
  "access.pushed": "success",
  "access.refused": "refused",
  "service.created": "success",
  "service.updated": "success",
  "service.rotated": "success",
  "service.secret_revoked": "success",
  "service.disabled": "success",
  "service.enabled": "success",
  "service.removed": "success",
  "service.refused": "refused",
  "service.authenticated": "success",
  "service.token_refused": "refused",
  "service.token_limited": "refused",
  "invitation.created": "success",
  "invitation.removed": "success",
  "invitation.refused": "refused",
  "key.published": "success",
  "key.activated": "success",
  "key.removed": "success",
  "key.revoked": "success",
  "key.algorithm_set": "success",
  "installation.rewrapped": "success",
  "installation.keys_reset": "success",
  "installation.restored": "success",
  "mail.given_up": "refused",
} as const satisfies Record<string, "success" | "refused">;

export type AuditEvent = keyof typeof auditEvents;

/**
 * The events that a name means: one of them, or with `session` all of the kind `session.…`.
 *
 * @throws {Refusal} `bad_request` where there is none
 */
export function eventsNamed(name: string): readonly string[] {
  const meant = Object.keys(auditEvents).filter((event) => event === name || event.startsWith(`${name}.`));
  if (meant.length > 0) return meant;
  throw new Refusal("bad_request", { detail: "no such event of the audit" });
}
