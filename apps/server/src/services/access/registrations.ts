import { type AccessDeclaration, type DeclaredRole, readAccessDeclaration } from "@countersign/tokens";
import type { Client } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { NOBODY } from "../caller.ts";
import { assertClient, ensureBuiltInClients } from "../clients.ts";
import type { AccessDeps } from "./access.ts";
import { applyPlan, planFor } from "./access-changes.ts";
import { ADMINISTRATOR } from "./administrators.ts";
import { ensureBuiltInRoles, isBuiltIn } from "./built-in-roles.ts";

export interface Registrations {
  /** The issuer, and what its own API knows by itself. */
  readonly issuer: string;
  readonly builtIn: readonly string[];
  /** What is declared beside that at the issuer's own audience, for routers in the same process. */
  readonly permissions?: readonly string[] | undefined;
  readonly roles?: Readonly<Record<string, DeclaredRole>> | undefined;
  /** APIs elsewhere. */
  readonly audiences?: readonly AccessDeclaration[] | undefined;
  readonly clients?: readonly Client[] | undefined;
  readonly signUpRoles?: readonly string[] | undefined;
}

/**
 * Writes down which apps and APIs there are, all or nothing, one instance after the other. What is left out stays as it
 * is: another instance, or a push, may know more.
 *
 * @throws {TypeError} for one that cannot be, or that takes the place of one of ours
 */
export async function ensureRegistrations(
  { store, audit, narrowings }: Pick<AccessDeps, "store" | "audit" | "narrowings">,
  registrations: Registrations,
): Promise<void> {
  const { issuer, builtIn, audiences = [], clients = [], signUpRoles = [] } = registrations;
  const declarations = [ownDeclaration(registrations), ...audiences.map((one, at) => declarationOf(one, at, issuer))];
  await store.transaction(async (tx) => {
    // In this order everywhere: who changes rights comes with the first one.
    await tx.lock("administrators");
    await tx.lock("installation");
    for (const declaration of declarations) {
      await applyPlan(tx, await planFor(tx, declaration), { audit, narrowings, by: NOBODY, prune: false });
    }
    await ensureBuiltInRoles(tx, { id: issuer, permissions: builtIn });
    const ours = await ensureBuiltInClients(tx, issuer);
    const registered = (await tx.audiences.list()).map(({ id }) => id);
    for (const client of clients) {
      assertClient(client, registered);
      if (ours.some(({ id }) => id === client.id)) throw new TypeError(`client "${client.id}" is built in`);
      await tx.clients.upsert(client);
    }
    for (const name of signUpRoles) await assertForEverybody(tx, name);
  });
}

async function assertForEverybody(tx: Transaction, name: string): Promise<void> {
  if (name === ADMINISTRATOR) throw new TypeError(`signUpRoles: not everybody can be "${ADMINISTRATOR}"`);
  if (!(await tx.roles.byName(name))) throw new TypeError(`signUpRoles: there is no role "${name}"`);
}

/** What holds at the issuer's own audience. */
function ownDeclaration({ issuer, builtIn, permissions = [], roles }: Registrations): AccessDeclaration {
  const taken = permissions.find((permission) => builtIn.includes(permission));
  if (taken !== undefined) throw new TypeError(`permissions: "${taken}" is one of the issuer's own`);
  const declaration = readAccessDeclaration({ audience: issuer, permissions: [...permissions, ...builtIn], roles });
  assertOwnNames(declaration, "");
  return declaration;
}

function declarationOf(given: AccessDeclaration, at: number, issuer: string): AccessDeclaration {
  const where = `audiences[${at}]`;
  let declaration: AccessDeclaration;
  try {
    declaration = readAccessDeclaration(given);
  } catch (cause) {
    throw new TypeError(`${where}.${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (declaration.audience === issuer)
    throw new TypeError(`${where}: "${issuer}" is the issuer's own; give its permissions and roles beside audiences`);
  assertOwnNames(declaration, `${where}.`);
  return declaration;
}

function assertOwnNames({ roles = {} }: AccessDeclaration, where: string): void {
  const taken = Object.keys(roles).find(isBuiltIn);
  if (taken !== undefined) throw new TypeError(`${where}roles: "${taken}" is built in`);
}
