import { type SessionRecord, tokenOf } from "./session-record.ts";

/** The APIs that tokens are for, by their identifiers. */
export interface Audiences {
  /** The issuer's own. */
  readonly own: string;
  /** Asks for a token of this one as well, from now on. */
  want(audience: string): void;
  /** The audience that a URL belongs to: by exact origin, and of several at one origin the one with the longest path. */
  of(url: URL): string | undefined;
  /**
   * What to ask the server for, best first: it refuses a list with one unknown audience in it as a whole, so every next
   * list leaves out what may have been the cause.
   *
   * @param needed an audience that the caller cannot do without
   */
  lists(record: SessionRecord | undefined, needed: string | undefined): readonly (readonly string[])[];
  /** The part of a request's body that names them; the server's own needs no naming. */
  named(list: readonly string[]): { readonly audiences?: readonly string[] };
  /** Notes those that the server does not know: they are asked for again only when they are needed. */
  refused(audiences: readonly string[]): void;
}

export function createAudiences(own: string, others: readonly string[]): Audiences {
  const wanted = new Set(others);
  const unknown = new Set<string>();
  const all = () => [own, ...wanted];

  return {
    own,
    want: (audience) => void wanted.add(audience),
    of(url) {
      const here = all().filter((audience) => new URL(audience).origin === url.origin);
      const paths = here.sort((a, b) => b.length - a.length);
      return paths.find((audience) => contains(new URL(audience).pathname, url.pathname)) ?? paths.at(-1);
    },
    lists(record, needed) {
      const known = all().filter((audience) => audience === own || (record && tokenOf(record, audience)));
      const hoped = all().filter((audience) => !unknown.has(audience));
      const must = needed === undefined ? [] : [needed];
      const lists = [[...known, ...hoped, ...must], [...known, ...must], known, [own]];
      const unique = lists.map((list) => [...new Set(list)]);
      return unique.filter((list, at) => list.length < (unique[at - 1]?.length ?? Number.POSITIVE_INFINITY));
    },
    named: (list) => (list.length > 1 ? { audiences: list } : {}),
    refused: (audiences) => {
      for (const audience of audiences) unknown.add(audience);
    },
  };
}

function contains(base: string, path: string): boolean {
  return path === base || path.startsWith(base.endsWith("/") ? base : `${base}/`);
}

/**
 * An audience as it stands in tokens: an https URL (http on loopback) without credentials, query or fragment.
 *
 * @throws {TypeError} for anything else
 */
export function checkAudience(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname ?? "");
  const encrypted = url?.protocol === "https:" || (url?.protocol === "http:" && loopback);
  if (encrypted && !/[?#@\\\s]/.test(text)) return text;
  throw new TypeError(`${name}: must be an https URL without credentials, query or fragment (http on loopback only)`);
}
