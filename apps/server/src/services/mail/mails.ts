import { type MasterKey, type Place, seal, unseal, type World } from "@countersign/tokens";
import type { Mail } from "../../store/records.ts";
import type { Transaction } from "../../store/store.ts";
import { createId } from "../ids.ts";
import type { Letter } from "./message.ts";

/** Mails that are to be sent. They are written with their cause, so that neither is there without the other. */
export interface Mails {
  /** Whether this installation sends mail at all. Where it does not, nothing is ever written. */
  readonly enabled: boolean;
  /** `subject` is the id of what it is about: the account, or the invitation. */
  write(tx: Transaction, letter: Letter & { readonly subject: string }): Promise<void>;
}

export interface MailsDeps {
  readonly enabled: boolean;
  readonly world: World;
  /** The first one encrypts. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
}

export function createMails({ enabled, world, masterKeys }: MailsDeps): Mails {
  return {
    enabled,
    write: async (tx, { subject, ...letter }) => {
      if (!enabled) return;
      const id = createId(world);
      const sealed = await seal(JSON.stringify(letter), placeOf(id), masterKeys[0], world);
      const at = await tx.now();
      await tx.mails.insert({ id, kind: letter.kind, subject, sealed, attempts: 0, dueAt: at, createdAt: at });
    },
  };
}

/** @throws {Refusal} `unavailable` without the master key that it was sealed with */
export async function openMail({ id, sealed }: Mail, masterKeys: readonly MasterKey[]): Promise<Letter> {
  // Sealed by `write`, so it is what it was.
  return JSON.parse(await unseal(sealed, placeOf(id), masterKeys)) as Letter;
}

function placeOf(id: string): Place {
  return { table: "mails", row: id, column: "sealed" };
}
