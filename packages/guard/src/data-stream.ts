/** Whether an answer is, or holds, what only a streamed response can carry: async iterables and promises. */
export function isDataStream(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isRecord(value)) return false;
  if (isAsyncIterable(value)) return true;
  // Asked of every answer, so nothing is allocated.
  for (const name in value) {
    const member = value[name];
    if ((isAsyncIterable(member) || isPromise(member)) && Object.hasOwn(value, name)) return true;
  }
  return false;
}

/** What tRPC streams as one. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isRecord(value) && Symbol.asyncIterator in value;
}

/** What tRPC waits for, and sends when it is there. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (!isRecord(value) && typeof value !== "function") return false;
  const { then, catch: rescue } = value as { readonly then?: unknown; readonly catch?: unknown };
  return typeof then === "function" && typeof rescue === "function";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
