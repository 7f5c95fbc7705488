import { type Notes, onPageEvents, openChannel } from "../page.ts";

/** The other pages of this origin, and other copies of the SDK in this one. */
export interface Neighbours {
  /** Tells them that something was written which all share. */
  tell(): void;
  dispose(): void;
}

/**
 * Lets pages know at once what they would find out anyhow before their next request. A message says nothing but "look":
 * what there is to see stands where all can see it, and no token is ever in a message.
 *
 * @param name of what they share
 * @param look is called when there may be news
 */
export function createNeighbours(name: string, look: () => void): Neighbours {
  let channel = openChannel(name, look);
  const close = () => {
    channel?.close();
    channel = undefined;
  };
  const stop = onPageEvents({
    stale() {
      channel ??= openChannel(name, look);
      look();
    },
    // A page that is told something while it rests in the browser's history is thrown out of it.
    left: close,
  });
  return {
    tell: () => channel?.postMessage("look"),
    dispose() {
      stop();
      close();
    },
  };
}

/** The same notes, of which others are told once they are written. */
export function tellingNotes(notes: Notes, tell: () => void): Notes {
  return {
    getItem: (key) => notes.getItem(key),
    setItem(key, text) {
      notes.setItem(key, text);
      tell();
    },
  };
}
