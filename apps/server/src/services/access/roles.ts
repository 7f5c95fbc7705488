import { Refusal } from "@countersign/tokens";
import type { Grantable, Role } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { AuditEvent } from "../audit/audit-events.ts";
import type { Actor } from "../caller.ts";
import { raiseAccount } from "../revocation/account-version.ts";
import { ADMINISTRATOR, assertNotLast } from "./administrators.ts";
import { allOf, assertMayHandle, without } from "./holding.ts";
import { assertKnown } from "./known-permissions.ts";
import { createRightChanges } from "./right-changes.ts";
import type { RoleNarrowings } from "./role-narrowing.ts";

export type { Grantable };

type RoleInput = Omit<Role, "builtIn">;

/** Nobody gives, takes or changes what they do not hold themselves: see `assertMayHandle`. */
export interface Roles {
  list(): Promise<readonly Role[]>;
  /** @throws {Refusal} `conflict`, `invalid_target`, `bad_request`, `not_permitted` */
  create(role: RoleInput, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `conflict` for a built-in one, `invalid_target`, `bad_request`, `not_permitted` */
  update(role: RoleInput, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `conflict` for a built-in one, `not_permitted` */
  remove(name: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted` */
  grant(account: string, role: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted`, `last_administrator` */
  revoke(account: string, role: string, actor: Actor): Promise<void>;
}

export interface RolesDeps {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly narrowings: RoleNarrowings;
}

export function createRoles({ store, audit, narrowings }: RolesDeps): Roles {
  const changeRights = createRightChanges({ store, audit });
  const change = <T>(actor: Actor, subject: string, work: (tx: Transaction) => Promise<T>): Promise<T> =>
    changeRights(actor, { event: "role.refused", subject }, work);
  const note = async (tx: Transaction, event: AuditEvent, actor: Actor, subject: string, detail = {}) =>
    audit.write(tx, { event, at: await tx.now(), by: actor, subject, detail });

  return {
    list: () => store.roles.list(),

    create: (role, actor) =>
      change(actor, role.name, async (tx) => {
        await assertKnown(tx, role.permissions);
        await assertMayHandle(tx, actor, { roles: [], permissions: role.permissions });
        await tx.roles.insert({ ...role, builtIn: false });
        await note(tx, "role.created", actor, role.name, { permissions: role.permissions.length });
      }),

    update: async (role, actor) => {
      await change(actor, role.name, async (tx) => {
        const before = await ownRole(tx, role.name);
        await assertKnown(tx, role.permissions);
        const taken = without(before.permissions, role.permissions);
        const given = without(role.permissions, before.permissions);
        await assertMayHandle(tx, actor, { roles: [], permissions: [...taken, ...given] });
        await tx.roles.update({ ...role, builtIn: false });
        await note(tx, "role.updated", actor, role.name, { given: given.length, taken: taken.length });
        if (taken.length > 0) await narrowings.begin(tx, { role: role.name, taken, removes: false });
      });
      await narrowings.finish();
    },

    remove: async (name, actor) => {
      await change(actor, name, async (tx) => {
        const { permissions } = await ownRole(tx, name);
        await assertMayHandle(tx, actor, { roles: [], permissions });
        await narrowings.begin(tx, { role: name, taken: permissions, removes: true });
        await note(tx, "role.removed", actor, name);
        tx.emit({ type: "role.removed", at: await tx.now(), role: name, actor: actor.id });
      });
      await narrowings.finish();
    },

    grant: (account, role, actor) =>
      change(actor, account, async (tx) => {
        await assertMayHandle(tx, actor, allOf([await roleFor(tx, account, role)]));
        if (!(await tx.roles.grant(account, role))) return;
        await note(tx, "role.granted", actor, account, { role });
        tx.emit({ type: "role.granted", at: await tx.now(), account, role, actor: actor.id });
      }),

    revoke: (account, role, actor) =>
      change(actor, account, async (tx) => {
        await assertMayHandle(tx, actor, allOf([await roleFor(tx, account, role)]));
        if (role === ADMINISTRATOR) await assertNotLast(tx, account);
        if (!(await tx.roles.revoke(account, role))) return;
        await raiseAccount(tx, account);
        await note(tx, "role.revoked", actor, account, { role });
        tx.emit({ type: "role.revoked", at: await tx.now(), account, role, actor: actor.id });
      }),
  };
}

/** The role, where both it and the account are there. */
async function roleFor(tx: Transaction, account: string, name: string): Promise<Role> {
  const role = await tx.roles.byName(name);
  if (!role || !(await tx.accounts.byId(account))) throw new Refusal("not_found");
  return role;
}

/** A role that was made by people: the built-in ones are not theirs to change. */
async function ownRole(tx: Transaction, name: string): Promise<Role> {
  const role = await tx.roles.byName(name);
  if (!role) throw new Refusal("not_found");
  if (role.builtIn) throw new Refusal("conflict", { detail: "a built-in role" });
  return role;
}
