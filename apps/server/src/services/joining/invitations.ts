import { createOneTimeSecret, Refusal, type World } from "@countersign/tokens";
import type { Invitation, Role } from "../../store/records.ts";
import type { Page, Store, Transaction } from "../../store/store.ts";
import { allOf, assertMayHandle } from "../access/holding.ts";
import { createRightChanges } from "../access/right-changes.ts";
import { normalizeEmail } from "../accounts/email.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Actor } from "../caller.ts";
import { createId } from "../ids.ts";
import type { Mails } from "../mail/mails.ts";

interface NewInvitation {
  readonly id: string;
  /** In this reply and nowhere else; where the installation sends mail, in the mail and nowhere else. */
  readonly secret?: string | undefined;
  /** Holds the secret. */
  readonly link?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** An invitation as it may be shown: without the hash of its secret. */
type InvitationView = Omit<Invitation, "hash">;

export interface Invitations {
  list(page: Page): Promise<readonly InvitationView[]>;
  /** @throws {Refusal} `conflict` where the address has an account; `not_found` (a role), `not_permitted`, `bad_request` */
  create(input: { readonly email: string; readonly roles: readonly string[] }, actor: Actor): Promise<NewInvitation>;
  /** @throws {Refusal} `not_found` */
  remove(id: string, actor: Actor): Promise<void>;
}

export interface InvitationsDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly world: World;
  readonly audit: AuditWriter;
  readonly mails: Mails;
}

const LIFE_MS = 7 * 24 * 60 * 60 * 1000;

export function createInvitations({ issuer, store, world, audit, mails }: InvitationsDeps): Invitations {
  const changeRights = createRightChanges({ store, audit });
  return {
    list: async (page) => (await store.invitations.list(page)).map(({ hash: _, ...view }) => view),

    create: async (input, actor) => {
      const email = normalizeEmail(input.email);
      const roles = [...new Set(input.roles)];
      const detail = { roles: roles.join(" ") };
      return await changeRights(actor, { event: "invitation.refused", detail }, async (tx) => {
        await assertMayHandle(tx, actor, allOf(await rolesNamed(tx, roles)));
        if (await tx.accounts.byEmail(email)) throw new Refusal("conflict");
        const { secret, hash } = await createOneTimeSecret(world);
        const at = await tx.now();
        const id = createId(world);
        const expiresAt = at + LIFE_MS;
        await tx.invitations.insert({ id, hash, email, roles, invitedBy: actor.id, createdAt: at, expiresAt });
        await audit.write(tx, { event: "invitation.created", at, by: actor, subject: id, detail });
        // From the configured issuer alone: no header of a request decides where a link leads.
        const link = `${issuer}/sign-up#${secret}`;
        await mails.write(tx, { kind: "invitation", to: email, subject: id, facts: { link, expiresAt } });
        return mails.enabled ? { id, expiresAt } : { id, secret, link, expiresAt };
      });
    },

    remove: (id, actor) =>
      store.transaction(async (tx) => {
        if (!(await tx.invitations.remove(id))) throw new Refusal("not_found");
        await audit.write(tx, { event: "invitation.removed", at: await tx.now(), by: actor, subject: id });
      }),
  };
}

async function rolesNamed(tx: Transaction, names: readonly string[]): Promise<Role[]> {
  const roles: Role[] = [];
  for (const name of names) {
    const role = await tx.roles.byName(name);
    if (!role) throw new Refusal("not_found");
    roles.push(role);
  }
  return roles;
}
