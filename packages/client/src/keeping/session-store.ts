import { parseJson, parseRecord, type SessionRecord } from "../session/session-record.ts";
import type { SessionWarning } from "../session/session-state.ts";
import type { RawStorage, Turn } from "./storage-turns.ts";

/** A session that was signed out here and must end at the server before anything else is done with it. */
interface Tombstone {
  readonly session: string;
  /** Missing where a cookie carries it. */
  readonly refreshToken?: string | undefined;
}

/** What storage holds, beside what this holder knows. */
export type Found =
  /** What this holder put there, or something older: the one in memory holds. */
  | { readonly kind: "mine" }
  /** Somebody else wrote since: another holder of the same storage renewed the session or signed in. */
  | { readonly kind: "other"; readonly record: SessionRecord }
  /** In a cookie that only the server can read: whose session it is, a refresh tells. */
  | { readonly kind: "cookie" }
  /** It was there and is no more: somebody signed out, or cleared the storage. */
  | { readonly kind: "gone" }
  /** Storage does not say. */
  | { readonly kind: "unknown" };

/** A session in storage, which others may read and write at any time. */
export interface SessionStore {
  /**
   * For a start: what is there, unless it was signed out.
   *
   * @param late is told what a storage says after all that took longer than anybody waits
   */
  load(late?: (found: Found) => void): Promise<Found>;
  /** Looks again, beside the record that is held. */
  look(held: SessionRecord): Promise<Found>;
  /** Keeps a new sign-in, whatever was there. */
  put(record: SessionRecord, isHeld: () => boolean): Promise<void>;
  /**
   * Keeps a renewed record, unless somebody signed out or was faster: looks before the write and after it.
   *
   * @param isHeld whether the record is still the one in memory
   */
  save(record: SessionRecord, isHeld: () => boolean): Promise<Found>;
  /** Removes a session that is dead at the server; without a record, the one that turned out to be none. */
  drop(record: SessionRecord | undefined): Promise<void>;
  /** Removes a session that is still alive there, and leaves a note to end it; without a record, whosever it is. */
  bury(record: SessionRecord | undefined): Promise<void>;
  /** The sessions that must still end at the server. */
  buried(): Promise<readonly Tombstone[]>;
  /** The server knows now. */
  settle(session: string): Promise<void>;
}

/** More notes than this nobody leaves who ever meets the server. */
const MOST_BURIED = 16;

/** Under which key of a storage a session is kept. @param name tells the sessions of one storage apart: client and server */
export const sessionKeyOf = (name: string) => `countersign.${name}`;

/**
 * @param name tells the sessions of one storage apart: client and server
 * @param onOther is called before a session is answered that is not the one that is held
 */
export function createSessionStore(
  name: string,
  turn: Turn,
  warn: (warning: SessionWarning) => void,
  onOther: () => void,
): SessionStore {
  const key = sessionKeyOf(name);
  const buriedKey = `countersign.ended.${name}`;
  /** What was there when this holder last looked or wrote; `undefined` before that, `null` for nothing. */
  let seen: string | null | undefined;
  /** Notes of this run, for a storage that keeps none. */
  const notes = new Map<string, Tombstone>();

  const readBuried = async (storage: RawStorage): Promise<readonly Tombstone[]> => {
    const list = parseJson((await storage.get(buriedKey)) ?? "[]");
    return Array.isArray(list) ? list.filter(isTombstone) : [];
  };
  const writeBuried = async (storage: RawStorage, list: readonly Tombstone[]) =>
    list.length === 0
      ? await storage.remove(buriedKey)
      : await storage.set(buriedKey, JSON.stringify(list.slice(-MOST_BURIED)));
  const isBuried = async (storage: RawStorage, { session }: SessionRecord) =>
    notes.has(session) || (await readBuried(storage)).some((tombstone) => tombstone.session === session);

  const lookAt = (text: string | null, held: SessionRecord | undefined): Found => {
    const before = seen;
    seen = text;
    if (text === null) return typeof before === "string" ? { kind: "gone" } : { kind: "mine" };
    if (text === before && held) return { kind: "mine" };
    const record = parseRecord(text);
    if (!record) {
      warn({ kind: "storage", operation: "get", problem: "unreadable" });
      return { kind: "unknown" };
    }
    const isSame = record.session === held?.session;
    // Of the same session the newer one counts. Of another session, what was written after the first look.
    if (held && !(isSame ? record.rotation >= held.rotation : before !== undefined)) return { kind: "mine" };
    if (!isSame) onOther();
    return { kind: "other", record };
  };
  const write = async (storage: RawStorage, record: SessionRecord) => {
    const text = JSON.stringify(record);
    await storage.set(key, text);
    seen = text;
  };
  const erase = async (storage: RawStorage) => {
    await storage.remove(key);
    seen = null;
  };
  const eraseIfOf = async (storage: RawStorage, { session }: SessionRecord) => {
    const text = await storage.get(key);
    if (text !== null && parseRecord(text)?.session === session) await erase(storage);
  };
  const orUnknown = async (found: Promise<Found | undefined>): Promise<Found> => (await found) ?? { kind: "unknown" };

  return {
    load: (late) =>
      orUnknown(
        turn(async (storage) => {
          const found = lookAt(await storage.get(key), undefined);
          if (found.kind !== "other" || !(await isBuried(storage, found.record))) return found;
          await erase(storage);
          return { kind: "gone" };
        }, late),
      ),
    look: (held) => orUnknown(turn(async (storage) => lookAt(await storage.get(key), held))),
    put: async (record, isHeld) => {
      await turn(async (storage) => {
        if (!isHeld()) return;
        await write(storage, record);
        if (!isHeld()) await erase(storage);
      });
    },
    save: (record, isHeld) =>
      orUnknown(
        turn(async (storage) => {
          const found = lookAt(await storage.get(key), record);
          if (found.kind === "gone" || found.kind === "other") return found;
          if (!isHeld()) return { kind: "gone" };
          await write(storage, record);
          if (isHeld() && !(await isBuried(storage, record))) return { kind: "mine" };
          await erase(storage);
          return { kind: "gone" };
        }),
      ),
    drop: async (record) => {
      if (record) await turn((storage) => eraseIfOf(storage, record));
    },
    bury: async (record) => {
      if (!record) return;
      const tombstone = { session: record.session, refreshToken: record.refreshToken };
      notes.set(record.session, tombstone);
      await turn(async (storage) => {
        const others = (await readBuried(storage)).filter(({ session }) => session !== record.session);
        await writeBuried(storage, [...others, tombstone]);
        await eraseIfOf(storage, record);
      });
    },
    buried: async () => {
      const kept = (await turn(readBuried)) ?? [];
      return [...new Map([...kept, ...notes.values()].map((tombstone) => [tombstone.session, tombstone])).values()];
    },
    settle: async (session) => {
      notes.delete(session);
      await turn(async (storage) => {
        const kept = await readBuried(storage);
        const rest = kept.filter((tombstone) => tombstone.session !== session);
        if (rest.length < kept.length) await writeBuried(storage, rest);
      });
    },
  };
}

function isTombstone(value: unknown): value is Tombstone {
  if (typeof value !== "object" || value === null) return false;
  const { session, refreshToken } = value as Partial<Record<keyof Tombstone, unknown>>;
  return typeof session === "string" && typeof refreshToken === "string";
}
