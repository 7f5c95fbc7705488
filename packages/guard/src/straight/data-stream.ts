/** Whether a result is, or holds, what only a streamed response can carry: async iterables and promises. */
export function isDataStream(value: unknown): boolean {
  return (
    isRecord(value) && (isStream(value) || Object.values(value).some((member) => isStream(member) || isPromise(member)))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStream(value: unknown): boolean {
  return isRecord(value) && Symbol.asyncIterator in value;
}

function isPromise(value: unknown): boolean {
  if (!isRecord(value) && typeof value !== "function") return false;
  const { then, catch: rescue } = value as { readonly then?: unknown; readonly catch?: unknown };
  return typeof then === "function" && typeof rescue === "function";
}
