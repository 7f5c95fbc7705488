import type { Store } from "../../store/store.ts";
import type { Mails } from "../mail/mails.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Tells the owner of an address that somebody tried to sign up with it: once a day, so that nobody can flood them. */
export async function warnOwner(store: Store, mails: Mails, email: string): Promise<void> {
  if (!mails.enabled) return;
  await store.transaction(async (tx) => {
    const owner = await tx.accounts.byEmail(email);
    if (!owner) return;
    const at = await tx.now();
    const counter = { key: `mail sign_up_attempt ${owner.id}`, windowMs: DAY_MS, most: 1 };
    const [warnings = 0] = await tx.attempts.count([counter], at);
    if (warnings > counter.most) return;
    await mails.write(tx, { kind: "sign_up_attempt", to: email, subject: owner.id, facts: { at } });
  });
}
