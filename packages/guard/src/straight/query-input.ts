/** Printable ASCII but `#`, `&` and `+`: what a URL's parser and a form's parser read alike. */
const PLAIN = /^[!"$%'-*,-~]*$/;

/**
 * The text of `?input=…`, `""` where a URL has no query, `undefined` for every other query: several parameters, other
 * names, what is not percent-encoded as `encodeURIComponent` does it. tRPC reads those.
 */
export function queryInput(url: string): string | undefined {
  if (url.includes("#")) return undefined;
  const at = url.indexOf("?");
  if (at < 0) return "";
  if (!url.startsWith("input=", at + 1)) return undefined;
  const value = url.slice(at + "?input=".length);
  if (!PLAIN.test(value)) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
