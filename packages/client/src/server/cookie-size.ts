/** What browsers keep of a cookie's name and value together, in bytes (RFC 6265bis §5.6). */
const MOST_BYTES = 4_096;

/** The tokens of all the APIs do not fit into one cookie. The browser would drop it without a word. */
export class CookieTooLargeError extends Error {
  override readonly name = "CookieTooLargeError";
  /** Bytes of name and value. */
  readonly size: number;

  constructor(size: number) {
    super(`audiences: the session's cookie would have ${size} bytes, and browsers keep ${MOST_BYTES}; name fewer APIs`);
    this.size = size;
  }
}

/** @throws {CookieTooLargeError} */
export function assertCookieFits(name: string, value: string): void {
  const size = name.length + value.length;
  if (size > MOST_BYTES) throw new CookieTooLargeError(size);
}
