import { type AccessDeclaration, type AccessTable, Refusal } from "@countersign/tokens";
import type { Store, Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Actor } from "../caller.ts";
import { ensureBuiltInClients } from "../clients.ts";
import { applyPlan, permissionsAt, planFor } from "./access-changes.ts";
import type { AccessPlan } from "./access-plan.ts";
import { type AccessReport, reportOf } from "./access-report.ts";
import { findAudiences } from "./audiences.ts";
import { isBuiltIn } from "./built-in-roles.ts";
import { assertMayHandle } from "./holding.ts";
import { createRightChanges } from "./right-changes.ts";
import type { RoleNarrowings } from "./role-narrowing.ts";

interface PushOptions {
  /** Removes what is undeclared as well. */
  readonly prune: boolean;
  /** Judges and reports, and changes nothing. */
  readonly dryRun: boolean;
  /** Only exactly this change, by the name that a report gave it. */
  readonly plan?: string | undefined;
  /** Whether the report may name people. */
  readonly emails: boolean;
}

/** An API as the issuer knows it. */
interface AudienceView {
  readonly audience: string;
  readonly permissions: readonly string[];
  /** Those that it brought along, by name. */
  readonly roles: readonly string[];
}

export interface Access {
  /** The issuer's own first. */
  audiences(): Promise<readonly AudienceView[]>;
  /**
   * Who may call what at an API, as it told last; empty where it never did.
   *
   * @throws {Refusal} `invalid_target` for an audience that the client has no tokens for
   */
  procedures(audience: string, client: string): Promise<AccessTable>;
  /**
   * Makes an API known, or brings it up to date: all of it or nothing. Adds only, unless told to prune: then what the API
   * does not declare any more goes from it and from every role, a role that it declares holds nothing of it beyond that,
   * and one that it declared once loses what it held there, or goes when nothing is left of it. Whoever held something
   * that went has tokens that are too old.
   *
   * To know of permissions is to give them to nobody. Roles are another matter: as everywhere, nobody puts into a role or
   * takes out of it what they do not hold (`assertMayHandle`).
   *
   * @throws {Refusal} `invalid_target` for the issuer's own audience, which only its own code declares; `conflict` for a
   * built-in role, and where the change is another one than `plan`; `not_permitted`
   */
  push(declaration: AccessDeclaration, options: PushOptions, actor: Actor): Promise<AccessReport>;
}

export interface AccessDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly narrowings: RoleNarrowings;
}

export function createAccess({ issuer, store, audit, narrowings }: AccessDeps): Access {
  const changeRights = createRightChanges({ store, audit });
  return {
    audiences: async () => {
      const [audiences, declarations] = [await store.audiences.list(), await store.roles.declarations()];
      const own = audiences.filter(({ id }) => id === issuer);
      const others = audiences.filter(({ id }) => id !== issuer);
      return [...own, ...others].map(({ id, permissions }) => ({
        audience: id,
        permissions: permissions.toSorted(),
        roles: declarations.filter(({ audience }) => audience === id).map(({ role }) => role),
      }));
    },

    procedures: async (audience, client) => {
      const [found] = await findAudiences(store, [audience], client);
      return found?.procedures ?? {};
    },

    push: async (declaration, { prune, dryRun, plan: expected, emails }, actor) => {
      const { audience } = declaration;
      if (audience === issuer) throw new Refusal("invalid_target", { detail: "the issuer's own audience" });
      if (Object.keys(declaration.roles ?? {}).some(isBuiltIn))
        throw new Refusal("conflict", { detail: "a built-in role" });

      const report = await changeRights(actor, { event: "access.refused", subject: audience }, async (tx) => {
        await tx.lock("installation");
        const plan = await planFor(tx, declaration);
        const moved = [...movedBy(plan, prune), ...(prune ? await takenFromServices(tx, plan) : [])];
        await assertMayHandle(tx, actor, { roles: [], permissions: permissionsAt(audience, moved) });
        const report = await reportOf(tx, plan, { emails });
        if (expected !== undefined && expected !== report.plan)
          throw new Refusal("conflict", { detail: "not the change that was shown" });
        if (dryRun) return report;
        await applyPlan(tx, plan, { audit, narrowings, by: actor, prune });
        if (plan.registers) await ensureBuiltInClients(tx, issuer);
        return report;
      });
      await narrowings.finish();
      return report;
    },
  };
}

/** Every permission that goes into a role or out of it. */
function movedBy({ roles }: AccessPlan, prune: boolean): string[] {
  return [...new Set(roles.flatMap(({ adds, undeclared }) => (prune ? [...adds, ...undeclared] : adds)))];
}

/** What of the undeclared some service may do. */
async function takenFromServices(tx: Transaction, { audience, undeclared }: AccessPlan): Promise<string[]> {
  const taken: string[] = [];
  for (const one of undeclared) if ((await tx.services.permittedAt(audience, [one])).length > 0) taken.push(one);
  return taken;
}
