/** What a browser offers to a page or a worker, any of which may be missing elsewhere. Node's types know no DOM. */
interface Surroundings {
  readonly location?: { readonly href: string };
  readonly localStorage?: Notes;
  readonly navigator?: { readonly locks?: Locks | undefined };
}

/** The part of the Web Locks API that is used here. */
export interface Locks {
  request(name: string, options: { readonly signal: AbortSignal }, work: () => Promise<void>): Promise<void>;
}

/** The part of the Web Storage API that is used here. Both may throw: blocked, full. */
export interface Notes {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const surroundings: Surroundings = globalThis;

/** Where this page or worker is; `undefined` outside of a browser. */
export function pageAddress(): string | undefined {
  return surroundings.location?.href;
}

/** Locks between the pages of an origin; missing in old browsers, and where a page came without TLS. */
export function pageLocks(): Locks | undefined {
  return surroundings.navigator?.locks;
}

/** What all pages of this origin share; in workers, and where it is blocked, this page's own memory. */
export function sharedNotes(): Notes {
  try {
    if (surroundings.localStorage) return surroundings.localStorage;
  } catch {
    // Blocked: reading the property itself throws.
  }
  const kept = new Map<string, string>();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}
