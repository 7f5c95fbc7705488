/** `fetch`, or something like it that trusts another authority. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The runtime's own, found when it is called: whoever replaces it later is heard. */
export const runtimeFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** How long an issuer may take to answer, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** The longest document that is read, in bytes. */
const MAX_BYTES = 65_536;

/** An answer, and none that is a document. */
export class AnsweredOtherwise extends Error {
  readonly status: number;
  /** How long the issuer asks to wait, in seconds (RFC 9110 §10.2.3); a date is not read. */
  readonly retryAfter: number | undefined;

  constructor({ status, headers }: Response, message = `the issuer answered ${status}`) {
    super(message);
    this.status = status;
    const seconds = headers.get("retry-after") ?? "";
    this.retryAfter = /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined;
  }
}

/** The first of these documents that is served. A place that cannot be reached at all ends the search. */
export async function fetchFirstJson(places: readonly string[], fetch: Fetch): Promise<unknown> {
  for (const [at, url] of places.entries()) {
    try {
      return await fetchJson(url, fetch);
    } catch (cause) {
      if (!(cause instanceof AnsweredOtherwise) || at === places.length - 1) throw cause;
    }
  }
  throw new Error("nowhere to look");
}

/**
 * Reads a JSON document: status 200 or nothing, no redirect followed, at most 64 KiB unless more is allowed, at most 5 s.
 *
 * Does not check: what the document says.
 *
 * @throws {Error} for the log.
 */
export async function fetchJson(
  url: string,
  fetch: Fetch,
  { maxBytes = MAX_BYTES, headers, ...init }: RequestInit & { readonly maxBytes?: number } = {},
): Promise<unknown> {
  const asked = {
    ...init,
    headers: { accept: "application/json", ...headers },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  const response = await fetchOk(url, fetch, asked);
  let text = "";
  let size = 0;
  for await (const [chunk, bytes] of textOf(response)) {
    size += bytes;
    if (size > maxBytes) throw new Error("the issuer's answer is too long");
    text += chunk;
  }
  try {
    return JSON.parse(text);
  } catch {
    // A page, as apps give it for every path that they do not know, is another answer than a document.
    throw new AnsweredOtherwise(response, "the issuer's answer is no JSON");
  }
}

/**
 * A response of status 200. Redirects are not followed by asking for them (`manual`) rather than for an error, which
 * workers do not know; a 3xx is refused as everything else that is not a 200.
 *
 * @throws {AnsweredOtherwise} for any other status.
 */
export async function fetchOk(url: string, fetch: Fetch, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  if (response.status === 200 && !response.redirected) return response;
  await response.body?.cancel();
  throw new AnsweredOtherwise(response);
}

/**
 * A body's text as it comes, each piece with the number of bytes that brought it. Not every runtime's streams can be
 * iterated.
 *
 * @throws {TypeError} for what is no UTF-8.
 */
export async function* textOf(response: Response): AsyncGenerator<readonly [text: string, bytes: number]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      yield [decoder.decode(read.value, { stream: true }), read.value.byteLength];
    }
    yield [decoder.decode(), 0];
  } finally {
    // A body that has failed has nothing left to give back.
    await reader.cancel().catch(() => undefined);
  }
}
