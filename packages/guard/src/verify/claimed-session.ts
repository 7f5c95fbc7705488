/**
 * Which session a token says that it is of, its subject where it names none, `undefined` where it says nothing readable.
 *
 * Does not check: anything. Only good for deciding what is checked first.
 */
export function claimedSession(token: string): string | undefined {
  const [, payload = ""] = token.split(".", 2);
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof claims !== "object" || claims === null) return undefined;
    if ("sid" in claims && typeof claims.sid === "string") return `session ${claims.sid}`;
    return "sub" in claims && typeof claims.sub === "string" ? `subject ${claims.sub}` : undefined;
  } catch {
    return undefined;
  }
}
