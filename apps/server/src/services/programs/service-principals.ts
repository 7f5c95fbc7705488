import { createOneTimeSecret, Refusal, type World } from "@countersign/tokens";
import type { Grantable, Service, ServiceSecret } from "../../store/records.ts";
import type { Store, Transaction } from "../../store/store.ts";
import { assertMayHandle, without } from "../access/holding.ts";
import { assertKnown } from "../access/known-permissions.ts";
import { createRightChanges } from "../access/right-changes.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { AuditEvent } from "../audit/audit-events.ts";
import type { Actor } from "../caller.ts";
import { createId } from "../ids.ts";
import { raiseService } from "../revocation/service-version.ts";

/** A secret in the one reply that holds it. */
interface NewSecret {
  readonly id: string;
  readonly secret: string;
}

/** A service as it may be shown. */
interface ServiceView extends Omit<Service, "version"> {
  readonly permissions: readonly Grantable[];
  /** Those that live, the newest first. */
  readonly secrets: readonly Omit<ServiceSecret, "serviceId" | "hash">[];
}

/**
 * Programs that act for themselves. Nobody touches a service that may do what they do not hold themselves: who has its
 * secret can do all of that. A secret that ends takes the service's tokens along, whichever secret they came by.
 */
export interface ServicePrincipals {
  /** By name. */
  list(): Promise<readonly ServiceView[]>;
  /** @throws {Refusal} `conflict` where the name is taken, `invalid_target`, `bad_request`, `not_permitted` */
  create(
    input: { readonly name: string; readonly permissions: readonly Grantable[] },
    actor: Actor,
  ): Promise<{ readonly id: string; readonly secret: NewSecret }>;
  /**
   * Replaces what it may do. Its tokens are too old where something was taken.
   *
   * @throws {Refusal} `not_found`, `invalid_target`, `bad_request`, `not_permitted`
   */
  update(id: string, permissions: readonly Grantable[], actor: Actor): Promise<void>;
  /**
   * A new secret beside the newest one there is. Any before that ends.
   *
   * @throws {Refusal} `not_found`, `not_permitted`
   */
  rotate(id: string, actor: Actor): Promise<{ readonly secret: NewSecret; readonly ended: readonly string[] }>;
  /** @throws {Refusal} `not_found`, also for a secret that has ended; `not_permitted` */
  revokeSecret(id: string, secret: string, actor: Actor): Promise<void>;
  /** Its secrets stay, for when it is enabled again. @throws {Refusal} `not_found`, `not_permitted` */
  disable(id: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted` */
  enable(id: string, actor: Actor): Promise<void>;
  /** @throws {Refusal} `not_found`, `not_permitted` */
  remove(id: string, actor: Actor): Promise<void>;
}

export interface ServicePrincipalsDeps {
  readonly store: Store;
  readonly world: World;
  readonly audit: AuditWriter;
}

export function createServicePrincipals({ store, world, audit }: ServicePrincipalsDeps): ServicePrincipals {
  const changeRights = createRightChanges({ store, audit });
  const note = async (tx: Transaction, event: AuditEvent, by: Actor, subject: string, detail = {}) =>
    audit.write(tx, { event, at: await tx.now(), by, subject, detail });

  /** Changes a service that is there, all of whose permissions the actor holds; `more` are those that it is to get. */
  const change = <T>(
    act: string,
    id: string,
    actor: Actor,
    work: (tx: Transaction, held: readonly Grantable[]) => Promise<T>,
    more: readonly Grantable[] = [],
  ): Promise<T> =>
    changeRights(actor, { event: "service.refused", subject: id, detail: { act } }, async (tx) => {
      if (!(await tx.services.byId(id))) throw new Refusal("not_found");
      const held = await tx.services.permissions(id);
      await assertKnown(tx, more);
      await assertMayHandle(tx, actor, { roles: [], permissions: [...held, ...more] });
      return await work(tx, held);
    });

  const addSecret = async (tx: Transaction, serviceId: string): Promise<NewSecret> => {
    const { secret, hash } = await createOneTimeSecret(world);
    const id = createId(world);
    await tx.services.insertSecret({ id, serviceId, hash, createdAt: await tx.now(), usedOn: null });
    return { id, secret };
  };

  return {
    list: async () => {
      const views: ServiceView[] = [];
      for (const { version: _, ...service } of await store.services.list()) {
        const secrets = await store.services.secrets(service.id);
        views.push({
          ...service,
          permissions: await store.services.permissions(service.id),
          secrets: secrets.map(({ id, createdAt, usedOn }) => ({ id, createdAt, usedOn })),
        });
      }
      return views;
    },

    create: ({ name, permissions }, actor) =>
      changeRights(actor, { event: "service.refused", detail: { act: "create" } }, async (tx) => {
        await assertKnown(tx, permissions);
        await assertMayHandle(tx, actor, { roles: [], permissions });
        const id = createId(world);
        await tx.services.insert({ id, name, version: 0, disabledAt: null, createdAt: await tx.now() });
        await tx.services.setPermissions(id, permissions);
        const secret = await addSecret(tx, id);
        await note(tx, "service.created", actor, id, { permissions: permissions.length, secret: secret.id });
        return { id, secret };
      }),

    update: (id, permissions, actor) =>
      change(
        "update",
        id,
        actor,
        async (tx, held) => {
          const [given, taken] = [without(permissions, held), without(held, permissions)];
          if (given.length === 0 && taken.length === 0) return;
          await tx.services.setPermissions(id, permissions);
          if (taken.length > 0) await raiseService(tx, id);
          await note(tx, "service.updated", actor, id, { given: given.length, taken: taken.length });
        },
        permissions,
      ),

    rotate: (id, actor) =>
      change("rotate", id, actor, async (tx) => {
        const [, ...older] = await tx.services.secrets(id);
        for (const { id: secret } of older) await tx.services.removeSecret(secret, id);
        if (older.length > 0) await raiseService(tx, id);
        const secret = await addSecret(tx, id);
        const ended = older.map((one) => one.id);
        await note(tx, "service.rotated", actor, id, { secret: secret.id, ended: ended.join(" ") });
        return { secret, ended };
      }),

    revokeSecret: (id, secret, actor) =>
      change("revoke_secret", id, actor, async (tx) => {
        if (!(await tx.services.removeSecret(secret, id))) throw new Refusal("not_found");
        await raiseService(tx, id);
        await note(tx, "service.secret_revoked", actor, id, { secret });
      }),

    disable: (id, actor) =>
      change("disable", id, actor, async (tx) => {
        if (!(await tx.services.setDisabled(id, await tx.now()))) return;
        await raiseService(tx, id);
        await note(tx, "service.disabled", actor, id);
      }),

    enable: (id, actor) =>
      change("enable", id, actor, async (tx) => {
        if (await tx.services.setDisabled(id, null)) await note(tx, "service.enabled", actor, id);
      }),

    remove: (id, actor) =>
      change("remove", id, actor, async (tx) => {
        // The fact outlives the rows.
        await raiseService(tx, id);
        await tx.services.remove(id);
        await note(tx, "service.removed", actor, id);
      }),
  };
}
