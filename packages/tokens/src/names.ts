const PERMISSION = /^[a-z][a-z0-9._-]{0,63}:[a-z][a-z0-9._-]{0,63}$/;

/** Whether a text has the form of a permission, `noun:verb`. */
export function isPermission(text: string): boolean {
  return PERMISSION.test(text);
}

/**
 * Whether a text can be an audience: an https URL of at most 255 characters without credentials, query or fragment; http
 * on the loopback only.
 */
export function isAudience(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return (url?.protocol === "https:" || loopback) && text.length <= 255 && !/[?#@\\\s]/.test(text);
}
