/** A value that is there at once, or comes later. */
export type AtOnce<T> = T | Promise<T>;

/**
 * Goes on with a value: in the same breath where it is there already, so that a call whose token is remembered waits for
 * nothing.
 */
export function goOn<T, U>(value: AtOnce<T>, next: (value: T) => AtOnce<U>): AtOnce<U> {
  return isLater(value) ? value.then(next) : next(value);
}

/**
 * Whether a value comes later. Its `then` says so: where somebody has replaced `Promise`, the promises of async functions
 * are none of its instances.
 */
export function isLater<T>(value: AtOnce<T>): value is Promise<T> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}
