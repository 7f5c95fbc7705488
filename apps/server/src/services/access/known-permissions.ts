import { Refusal } from "@countersign/tokens";
import type { Grantable } from "../../store/records.ts";
import type { Queries } from "../../store/store.ts";

/** @throws {Refusal} `invalid_target` for an API that is not registered, `bad_request` for what it does not know of */
export async function assertKnown(queries: Queries, permissions: readonly Grantable[]): Promise<void> {
  for (const { audience, permission } of permissions) {
    const there = await queries.audiences.byId(audience);
    if (!there) throw new Refusal("invalid_target");
    if (!there.permissions.includes(permission)) throw new Refusal("bad_request", { detail: "an unknown permission" });
  }
}
