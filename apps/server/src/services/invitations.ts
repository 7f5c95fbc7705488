import type { Invitation } from "../store/records.ts";
import type { Page } from "../store/store.ts";
import type { Actor } from "./caller.ts";

/** The secret is in this reply and nowhere else. */
export interface NewInvitation {
  readonly id: string;
  readonly secret: string;
  readonly link: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Invitations {
  list(page: Page): Promise<readonly Invitation[]>;
  /** @throws {Refusal} `conflict` where the address has an account; `not_found` (a role), `not_permitted` */
  create(input: { readonly email: string; readonly roles: readonly string[] }, actor: Actor): Promise<NewInvitation>;
  /** @throws {Refusal} `not_found` */
  remove(id: string, actor: Actor): Promise<void>;
}
