/** A value that is there at once, or comes later. */
export type AtOnce<T> = T | Promise<T>;

/**
 * Goes on with a value: in the same breath where it is there already, so that a call whose token is remembered waits for
 * nothing.
 */
export function goOn<T, U>(value: AtOnce<T>, next: (value: T) => AtOnce<U>): AtOnce<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
