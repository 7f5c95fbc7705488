import { systemWorld } from "@countersign/tokens";
import { vouch } from "../decision/vouched.ts";
import type { Facts } from "../request/facts.ts";
import { type Caller, type PermissionOf, subjectOf } from "./callers.ts";

/**
 * Facts for tests without HTTP: `createCaller({ …, auth: callAs({ account: "ann", permissions: ["notes:read"] }) })`. Any
 * guard takes the caller at your word and judges all the rest as ever: policies, own claims, `enrich`. No request can bring
 * such facts. With the guard's type, a misspelt permission does not compile: `callAs<typeof guard>({ … })`.
 *
 * @throws {TypeError} for somebody without a name. A permission that the guard does not know fails the call.
 */
export function callAs<G = unknown>(caller: Caller<PermissionOf<G>>): Facts {
  return vouch({ guard: null, subject: subjectOf(caller, systemWorld.now()) });
}
