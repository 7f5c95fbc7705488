/** The redirects of the fetch standard. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * A `fetch` that goes nowhere but where it was sent: a redirect throws a TypeError. That is `redirect: "error"`, which
 * workers do not know; all runtimes know how not to follow one.
 */
export function unredirected(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    // A browser shows that there was a redirect, and no status.
    const isRedirect = response.type === "opaqueredirect" || response.redirected || REDIRECTS.has(response.status);
    if (!isRedirect) return response;
    await response.body?.cancel();
    throw new TypeError("redirected, which is not followed with a credential");
  };
}
