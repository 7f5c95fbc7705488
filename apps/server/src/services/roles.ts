import type { Role } from "../store/records.ts";
import type { Actor } from "./caller.ts";

export type RoleInput = Omit<Role, "builtIn">;

/** Nobody gives, takes or changes what they do not hold themselves; administrators hold everything in this sense. */
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
