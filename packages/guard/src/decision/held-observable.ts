import { isObservable, type Observable, observable } from "@trpc/server/observable";
import { disclaim } from "../refusal/refused-call.ts";
import { type Holding, watch } from "./watch.ts";

/** Whether something can be subscribed to: tRPC's own question is content with a field of that name. */
export function canBeSubscribedTo(value: unknown): value is Observable<unknown, unknown> {
  return isObservable(value) && typeof value.subscribe === "function";
}

/**
 * Lets an observable through for as long as its call would be let in. `within` makes of each value what is handed on.
 *
 * It stays whatever else it is: a query may answer any object with such a method, of which tRPC subscribes to none but in a
 * streamed batch.
 */
export function heldObservable(
  source: Observable<unknown, unknown>,
  holding: Holding | null,
  within: (value: unknown) => unknown,
): Observable<unknown, unknown> {
  const { subscribe, pipe } = observable((observer) => {
    const subscription = source.subscribe({
      next: (value) => observer.next(within(value)),
      error: (cause) => observer.error(disclaim(cause)),
      complete: () => observer.complete(),
    });
    const leave = watch(holding, (error) => observer.error(error));
    return () => {
      leave();
      subscription.unsubscribe();
    };
  });
  const members = "pipe" in source ? { subscribe, pipe } : { subscribe };
  return Object.create(Object.getPrototypeOf(source), {
    ...Object.getOwnPropertyDescriptors(source),
    ...Object.getOwnPropertyDescriptors(members),
  });
}
