/** Printable and without a backslash: what has other characters a URL's parser would mend. */
const URI = /^https?:\/\/[!-[\]-~]+$/i;
const ESCAPED = /%[0-9a-f]{2}/gi;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * Whether a proof's `htu` is this URL (RFC 9449 §4.3, step 9): without query and fragment, after the normalisation of RFC
 * 3986 §6.2.2 and §6.2.3, so that case of scheme and host, a default port and needless escapes do not matter.
 */
export function isSameResource(htu: string, url: string): boolean {
  if (htu === url) return true;
  const presented = normalised(htu);
  return presented !== undefined && presented === normalised(url);
}

function normalised(text: string): string | undefined {
  if (!URI.test(text) || !URL.canParse(text)) return undefined;
  const { username, password, origin, pathname } = new URL(text);
  if (username !== "" || password !== "") return undefined;
  return origin + pathname.replace(ESCAPED, plainEscape);
}

function plainEscape(spelling: string): string {
  const character = String.fromCharCode(Number.parseInt(spelling.slice(1), 16));
  return UNRESERVED.test(character) ? character : spelling.toUpperCase();
}
