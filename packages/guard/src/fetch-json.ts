/** `fetch`, or something like it that trusts another authority. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The runtime's own, found when it is called: whoever replaces it later is heard. */
export const runtimeFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** How long an issuer may take to answer, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** The longest document that is read, in bytes. */
const MAX_BYTES = 65_536;

/** An answer, and none that is a document. */
class AnsweredOtherwise extends Error {}

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
 * Reads a JSON document: status 200 or nothing, no redirect followed, at most 64 KiB, at most 5 s. Redirects are not
 * followed by asking for them (`manual`) rather than for an error, which workers do not know; a 3xx is refused as
 * everything else that is not a 200.
 *
 * Does not check: what the document says.
 *
 * @throws {Error} for the log.
 */
export async function fetchJson(url: string, fetch: Fetch): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200 || response.redirected) {
    await response.body?.cancel();
    throw new AnsweredOtherwise(`the issuer answered ${response.status}`);
  }
  return parse(await readText(response));
}

/** A page, as apps give it for every path that they do not know, is another answer than a document. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AnsweredOtherwise("the issuer's answer is no JSON");
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error("the issuer's answer is too long");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Not every runtime's streams can be iterated. */
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}
