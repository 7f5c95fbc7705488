import { vouch } from "./decision/vouched.ts";
import { assertKnown } from "./options.ts";
import type { Facts } from "./request/facts.ts";

/** What a job may do. */
export interface ServiceRights<P extends string> {
  /** At least one of this API's permissions. */
  readonly permissions: readonly P[];
}

/**
 * Facts for jobs in the guard's own process: the principal is a service of this name. Only this guard believes them.
 *
 * @throws {TypeError} for a job without a name, or without permissions of this API.
 */
export function asService<P extends string>(
  guard: object,
  known: ReadonlySet<P>,
  name: string,
  { permissions }: ServiceRights<P>,
): Facts {
  if (typeof name !== "string" || name === "") throw new TypeError("asService: a job needs a name");
  assertKnown("asService", permissions, known);
  return vouch({ guard, subject: { kind: "service", id: name, client: name, permissions: [...permissions] } });
}
