import type { Notes } from "../page.ts";
import { knownOf, parseKnown, type SessionRecord } from "../session/session-record.ts";
import type { KnownSession, SessionWarning } from "../session/session-state.ts";
import type { Found, SessionStore } from "./session-store.ts";

const SIGNED_IN = "signed-in ";
const SIGNED_OUT = "signed-out";
/** Signed out here, and the cookie must end at the server before anything else is done with it. */
const ENDING = "ending ";

export interface CookieStoreDeps {
  /** Tells the notes of one origin apart: client and server. */
  readonly name: string;
  /** Whose permissions are shown: the issuer's own. */
  readonly audience: string;
  readonly notes: Notes;
  readonly warn: (warning: SessionWarning) => void;
}

export interface CookieStore extends SessionStore {
  /** Whose session the cookie was last, as far as that is written down; it takes no note of having looked. */
  lastKnown(): KnownSession | undefined;
}

/**
 * The session of a browser, whose refresh token no script sees. What is kept here is one note for all pages of this
 * origin, and nothing in it is secret: which session the cookie is of and what pages show of it, that there is none, or that
 * it must end. Without a note only the server knows.
 */
export function createCookieStore({ name, audience, notes, warn }: CookieStoreDeps): CookieStore {
  const key = `countersign.${name}`;
  const noteOf = (record: SessionRecord) => SIGNED_IN + JSON.stringify(knownOf(record, audience));
  /** What was there when this page last looked or wrote: anything else is news. */
  let seen: string | null = null;
  /** What this page wrote and could not keep. */
  let unkept: string | undefined;

  const trouble = (operation: "get" | "set") => warn({ kind: "storage", operation, problem: "failed" });
  const read = (): string | null => {
    try {
      return unkept ?? notes.getItem(key);
    } catch {
      trouble("get");
      return null;
    }
  };
  const write = (text: string) => {
    seen = text;
    unkept = undefined;
    try {
      notes.setItem(key, text);
    } catch {
      unkept = text;
      trouble("set");
    }
  };

  const look = (session: string | undefined): Found => {
    const text = read();
    const isNews = text !== seen;
    seen = text;
    if (!isNews || (session !== undefined && knownIn(text)?.session === session)) return { kind: "mine" };
    if (isOver(text)) return { kind: "gone" };
    // Cleared, or unreadable: it says nothing against the session that is held.
    return { kind: text?.startsWith(SIGNED_IN) ? "cookie" : "mine" };
  };

  return {
    async load() {
      seen = read();
      return { kind: isOver(seen) ? "gone" : "cookie" };
    },
    lastKnown: () => knownIn(read()),
    look: async ({ session }) => look(session),
    async put(record, isHeld) {
      if (isHeld()) write(noteOf(record));
    },
    async save(record, isHeld) {
      const found = look(record.session);
      if (found.kind !== "mine") return found;
      if (!isHeld()) return { kind: "gone" };
      const note = noteOf(record);
      if (seen !== note) write(note);
      return found;
    },
    async drop(record) {
      const text = read();
      // A sign-in of another page is not this one's to forget.
      if (!record ? text === null || text === seen : knownIn(text)?.session === record.session) write(SIGNED_OUT);
    },
    async bury(record) {
      const text = read();
      const isOthers = record && text?.startsWith(SIGNED_IN) && knownIn(text)?.session !== record.session;
      if (!isOthers) write(ENDING + (record?.session ?? ""));
    },
    async buried() {
      const text = read();
      return text?.startsWith(ENDING) ? [{ session: text.slice(ENDING.length) }] : [];
    },
    async settle(session) {
      if (read() === ENDING + session) write(SIGNED_OUT);
    },
  };
}

function knownIn(text: string | null): KnownSession | undefined {
  return text?.startsWith(SIGNED_IN) ? parseKnown(text.slice(SIGNED_IN.length)) : undefined;
}

function isOver(text: string | null): boolean {
  return text === SIGNED_OUT || (text?.startsWith(ENDING) ?? false);
}
