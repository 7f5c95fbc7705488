import { isAsyncIterable, isDataStream, isPromise } from "../data-stream.ts";
import { disclaimed } from "../refusal/refused-call.ts";
import { heldIterable } from "./held-iterable.ts";
import { canBeSubscribedTo, heldObservable } from "./held-observable.ts";
import type { Holding } from "./watch.ts";

/** Whether an answer is not all there yet. */
export function staysOpen(answer: unknown): boolean {
  return isDataStream(answer) || canBeSubscribedTo(answer);
}

/**
 * Lets what an answer leaves open through for as long as its call would be let in: it ends then with the error that says
 * why, and its source is told to stop. That is whatever tRPC streams: an answer that is a stream, what stands in a plain
 * object, and the same in every value that comes later.
 *
 * A refusal in there is that of another call and makes no claim about this one, also where anybody may call: `null`.
 */
export function whileItHolds(answer: unknown, holding: Holding | null): unknown {
  if (canBeSubscribedTo(answer) && !isAsyncIterable(answer)) {
    return heldObservable(answer, holding, (value) => heldWithin(value, holding));
  }
  return heldWithin(answer, holding);
}

function heldWithin(value: unknown, holding: Holding | null): unknown {
  const held = heldPart(value, holding);
  if (held !== value || !isDataStream(value) || !isPlain(value)) return held;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, heldPart(member, holding)]));
}

function heldPart(value: unknown, holding: Holding | null): unknown {
  if (isPromise(value)) return heldPromise(value, holding);
  return isAsyncIterable(value) ? heldIterable(value, holding, (inner) => heldWithin(inner, holding)) : value;
}

/** One value that comes later. It is judged when it does: nothing has left before. */
function heldPromise(promise: PromiseLike<unknown>, holding: Holding | null): Promise<unknown> {
  const held = (async () => {
    const value = await disclaimed(() => promise);
    await holding?.holds();
    return heldWithin(value, holding);
  })();
  // A response that cannot carry it leaves it alone, and then a refusal is nobody's.
  held.catch(() => undefined);
  return held;
}

/** What tRPC takes for a plain object: it looks for streams in no other. */
function isPlain(value: object): boolean {
  if (!isObject(value) || value.constructor === undefined) return isObject(value);
  const { prototype } = value.constructor;
  return isObject(prototype) && Object.hasOwn(prototype, "isPrototypeOf");
}

function isObject(value: unknown): boolean {
  return Object.prototype.toString.call(value) === "[object Object]";
}
