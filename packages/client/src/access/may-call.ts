/** Who is looking: the permissions of the account that is signed in, `undefined` for nobody. */
export type Held = readonly string[] | undefined;

/** Who may call what at an API: policies by the paths of its procedures. */
export type Table = Readonly<Record<string, object>>;

/** Whether somebody may call a procedure, by its API's access table. One that the table does not name nobody may. */
export function mayCallBy(table: Table | undefined, path: string, held: Held): boolean {
  const policy = table && Object.hasOwn(table, path) ? table[path] : undefined;
  return policy !== undefined && mayCall(policy, held);
}

/**
 * Whether a policy of an access table lets somebody call. One that asks for a fresh sign-in does: whoever calls is asked to
 * prove who they are. A policy that this client does not know lets nobody.
 */
export function mayCall(policy: object, held: Held): boolean {
  if ("open" in policy || "orSignedIn" in policy) return true;
  if (!held) return false;
  if ("signedIn" in policy) return true;
  const has = (permission: unknown) => typeof permission === "string" && held.includes(permission);
  if ("allowed" in policy) return Array.isArray(policy.allowed) && policy.allowed.every(has);
  if ("allowedAny" in policy) return Array.isArray(policy.allowedAny) && policy.allowedAny.some(has);
  return false;
}
