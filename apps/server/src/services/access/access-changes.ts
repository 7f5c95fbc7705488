import type { AccessDeclaration } from "@countersign/tokens";
import type { Grantable, Role } from "../../store/records.ts";
import type { Queries, Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import { type Actor, actorIdOf, type Caller } from "../caller.ts";
import { narrowServices } from "../revocation/service-version.ts";
import { type AccessPlan, planAccess, type RolePlan } from "./access-plan.ts";
import type { RoleNarrowings } from "./role-narrowing.ts";

interface Doing {
  readonly audit: AuditWriter;
  readonly narrowings: RoleNarrowings;
  readonly by: Caller | Actor;
  /** Whether what is undeclared goes. */
  readonly prune: boolean;
}

export async function planFor(queries: Queries, declaration: AccessDeclaration): Promise<AccessPlan> {
  return planAccess(declaration, {
    audience: await queries.audiences.byId(declaration.audience),
    roles: await queries.roles.list(),
    declarations: await queries.roles.declarations(),
  });
}

/** Does what was planned under the locks that are still held, and writes down what changed. */
export async function applyPlan(tx: Transaction, plan: AccessPlan, doing: Doing): Promise<void> {
  const { audience: id, adds } = plan;
  const taken = doing.prune ? plan.undeclared : [];
  const roles = plan.roles.filter(({ isNew, adds, declares }) => doing.prune || isNew || adds.length > 0 || declares);
  const { registers, tells, procedures, rebinds, boundTokens } = plan;
  if (!registers && !tells && !rebinds && adds.length === 0 && taken.length === 0 && roles.length === 0) return;
  const kept = plan.permissions.filter((permission) => !taken.includes(permission));
  await tx.audiences.upsert({ id, permissions: [...kept, ...adds], procedures, boundTokens });
  for (const role of roles) await applyRole(tx, id, role, doing);
  await narrowServices(tx, id, taken);
  const detail = {
    added: adds.join(" "),
    removed: taken.join(" "),
    roles: roles.length,
    procedures: tells,
    bound: boundTokens,
  };
  await doing.audit.write(tx, { event: "access.pushed", at: await tx.now(), by: doing.by, subject: id, detail });
}

async function applyRole(tx: Transaction, audience: string, plan: RolePlan, doing: Doing) {
  const { prune, audit, narrowings, by } = doing;
  const { name } = plan.role;
  const taken = prune ? plan.undeclared : [];
  const given = plan.adds;
  const note = async (event: "role.created" | "role.updated" | "role.removed", detail = {}) =>
    audit.write(tx, { event, at: await tx.now(), by, subject: name, detail: { ...detail, audience } });

  if (prune && plan.isEmptied) {
    await narrowings.begin(tx, { role: name, taken: permissionsAt(audience, taken), removes: true });
    tx.emit({ type: "role.removed", at: await tx.now(), role: name, actor: actorIdOf(by) });
    return await note("role.removed");
  }
  const after: Role = {
    ...plan.role,
    permissions: [
      ...plan.role.permissions.filter((one) => one.audience !== audience || !taken.includes(one.permission)),
      ...permissionsAt(audience, given),
    ],
  };
  if (plan.isNew) {
    await tx.roles.insert(after);
    await note("role.created", { permissions: given.length });
  } else if (given.length > 0 || taken.length > 0) {
    await tx.roles.update(after);
    if (taken.length > 0) {
      await narrowings.begin(tx, { role: name, taken: permissionsAt(audience, taken), removes: false });
    }
    await note("role.updated", { given: given.length, taken: taken.length });
  }
  if (plan.declares) await tx.roles.declare({ role: name, audience });
  if (prune && plan.isDropped) await tx.roles.undeclare({ role: name, audience });
}

/** Permissions of one API, as they are granted. */
export function permissionsAt(audience: string, permissions: readonly string[]): Grantable[] {
  return permissions.map((permission) => ({ audience, permission }));
}
