import { createHash } from "node:crypto";
import type {
  Account,
  AuditEntry,
  Handoff,
  Installation,
  Invitation,
  Mail,
  Role,
  Service,
  ServiceSecret,
  Session,
  StoredKey,
} from "../records.ts";

// Records as the services write them; what matters to a test is given, the rest is something.

export const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

/** 128 bits in base64url that depend on the name alone. */
export function idOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}

export function anAccount(name: string, more: Partial<Account> = {}): Account {
  return {
    id: idOf(name),
    email: `${name}@example.com`,
    name,
    passwordHash: null,
    version: 0,
    disabledAt: null,
    emailProvedAt: null,
    createdAt: NOW,
    ...more,
  };
}

export function aSession(name: string, accountId: string, more: Partial<Session> = {}): Session {
  return {
    id: idOf(`session ${name}`),
    accountId,
    clientId: "cli",
    org: null,
    gen: 0,
    genAt: NOW,
    late: false,
    streak: 0,
    salt: "salt",
    secretVersion: 1,
    version: 0,
    jkt: null,
    authTime: NOW,
    amr: ["pwd"],
    acr: "1fa",
    idleEnd: NOW + HOUR,
    absEnd: NOW + 2 * HOUR,
    endedAt: null,
    endCause: null,
    userAgent: null,
    createdAt: NOW,
    ...more,
  };
}

export function aHandoff(name: string, accountId: string, more: Partial<Handoff> = {}): Handoff {
  return {
    hash: idOf(`handoff ${name}`),
    accountId,
    clientId: "cli",
    origin: null,
    jkt: null,
    amr: ["pwd"],
    acr: "1fa",
    authTime: NOW,
    expiresAt: NOW + 60_000,
    ...more,
  };
}

export function anInvitation(name: string, more: Partial<Invitation> = {}): Invitation {
  return {
    id: idOf(`invitation ${name}`),
    hash: idOf(`secret of ${name}`),
    email: `${name}@example.com`,
    roles: ["member"],
    invitedBy: idOf("administrator"),
    createdAt: NOW,
    expiresAt: NOW + HOUR,
    ...more,
  };
}

export function aMail(name: string, more: Partial<Mail> = {}): Mail {
  return {
    id: idOf(`mail ${name}`),
    kind: "invitation",
    subject: idOf(`invitation ${name}`),
    sealed: "sealed",
    attempts: 0,
    dueAt: NOW,
    createdAt: NOW,
    ...more,
  };
}

export function aRole(name: string, permissions: readonly string[] = [], more: Partial<Role> = {}): Role {
  const audience = "https://id.example.com";
  return {
    name,
    description: `Those of ${name}`,
    builtIn: false,
    permissions: permissions.map((permission) => ({ audience, permission })),
    ...more,
  };
}

export function aService(name: string, more: Partial<Service> = {}): Service {
  return { id: idOf(`service ${name}`), name, version: 0, disabledAt: null, createdAt: NOW, ...more };
}

export function aSecret(name: string, serviceId: string, more: Partial<ServiceSecret> = {}): ServiceSecret {
  const hash = idOf(`hash of ${name}`);
  return { id: idOf(`secret ${name}`), serviceId, hash, createdAt: NOW, usedOn: null, ...more };
}

export function anInstallation(more: Partial<Installation> = {}): Installation {
  return { epoch: "epoch", masterKeyId: "key", feedIncarnation: null, keyAlgorithm: "EdDSA", ...more };
}

export function aKey(name: string, more: Partial<StoredKey> = {}): StoredKey {
  const kid = idOf(`key ${name}`);
  return {
    kid,
    alg: "EdDSA",
    publicJwk: { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid, x: "x".repeat(43) },
    sealed: "sealed",
    publishedAt: NOW,
    activatedAt: null,
    retiredAt: null,
    ...more,
  };
}

export function anEntry(name: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: idOf(`entry ${name}`),
    at: NOW,
    event: "account.created",
    outcome: "success",
    actor: null,
    subject: null,
    session: null,
    address: null,
    detail: {},
    ...more,
  };
}
