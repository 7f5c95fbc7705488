import type { Databases } from "./keeping/database.ts";

/** What a browser offers to a page or a worker, any of which may be missing elsewhere. Node's types know no DOM. */
interface Surroundings {
  readonly indexedDB?: Databases;
  readonly location?: { readonly href: string };
  readonly localStorage?: Notes;
  readonly navigator?: { readonly locks?: Locks | undefined };
  readonly document?: EventTarget & { readonly visibilityState: string; readonly baseURI: string };
  readonly BroadcastChannel?: new (name: string) => Channel;
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** The part of the Broadcast Channel API that is used here. */
interface Channel {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: (() => void) | null;
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

const surroundings = globalThis as unknown as Surroundings;

/** Where this page or worker is; `undefined` outside of a browser. */
export function pageAddress(): string | undefined {
  return surroundings.location?.href;
}

/** What completes a relative address: where this page is, unless it names another base. */
export function pageBase(): string | undefined {
  return surroundings.document?.baseURI ?? pageAddress();
}

/** Locks between the pages of an origin; missing in old browsers, and where a page came without TLS. */
export function pageLocks(): Locks | undefined {
  return surroundings.navigator?.locks;
}

/** Databases of this origin. */
export function pageDatabases(): Databases | undefined {
  return surroundings.indexedDB;
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

/** A channel to the other pages of this origin; `undefined` outside of a browser, and where it is refused. */
export function openChannel(name: string, heard: () => void): Pick<Channel, "postMessage" | "close"> | undefined {
  if (pageAddress() === undefined || !surroundings.BroadcastChannel) return undefined;
  try {
    const channel = new surroundings.BroadcastChannel(name);
    channel.onmessage = heard;
    return channel;
  } catch {
    // A page without an origin of its own.
    return undefined;
  }
}

export interface PageEvents {
  /** What this page knows may be out of date: another one wrote a note, this one was shown again or is online again. */
  stale(): void;
  /** The page was left, and may come back from the browser's history: then it is `stale`. */
  left(): void;
}

/** Listens to what happens to this page; to nothing outside of a browser. @returns how to stop */
export function onPageEvents({ stale, left }: PageEvents): () => void {
  if (pageAddress() === undefined) return () => undefined;
  const { document } = surroundings;
  const shown = () => {
    if (document?.visibilityState === "visible") stale();
  };
  const listeners = { storage: stale, pageshow: stale, online: stale, pagehide: left };
  for (const [type, listener] of Object.entries(listeners)) surroundings.addEventListener?.(type, listener);
  document?.addEventListener("visibilitychange", shown);
  return () => {
    for (const [type, listener] of Object.entries(listeners)) surroundings.removeEventListener?.(type, listener);
    document?.removeEventListener("visibilitychange", shown);
  };
}
