/** What of a request is looked at: a `Request`, or what a framework has of one while it renders. */
export interface CookieHolder {
  readonly headers: Pick<Headers, "get">;
  /** GET unless given. */
  readonly method?: string | undefined;
}

/** Finds one cookie by its exact name. Twice the same name is none: one of them is somebody else's (RFC 6265 §8.6). */
export function cookieOf({ headers }: CookieHolder, name: string): string | undefined {
  const values = pairsOf(headers).filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

/** A request's headers with another value of one cookie, or without it. */
export function withCookie(headers: Headers, name: string, value: string | undefined): Headers {
  const others = pairsOf(headers).filter((pair) => !pair.startsWith(`${name}=`));
  const pairs = value === undefined ? others : [...others, `${name}=${value}`];
  const changed = new Headers(headers);
  if (pairs.length > 0) changed.set("cookie", pairs.join("; "));
  else changed.delete("cookie");
  return changed;
}

function pairsOf(headers: Pick<Headers, "get">): string[] {
  return (headers.get("cookie") ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter(Boolean);
}
