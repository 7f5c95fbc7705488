const held = globalThis as typeof globalThis & { once?: Map<string, unknown> };

/** What there is one of in this process. Next runs a module once for each of its bundles, and pages are in others than routes. */
export function once<T>(name: string, make: () => T): T {
  held.once ??= new Map();
  if (!held.once.has(name)) held.once.set(name, make());
  return held.once.get(name) as T;
}
