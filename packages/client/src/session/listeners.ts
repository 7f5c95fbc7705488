/** Those who want to be told of something. */
export interface Listeners<Arguments extends readonly unknown[]> {
  /** @returns how to stop listening */
  add(listener: (...told: Arguments) => void): () => void;
  tell(...told: Arguments): void;
}

/**
 * Tells in order: what happens while listeners are being told is told after that, so that all hear the same story. A
 * listener that throws stops neither the others nor the teller.
 */
export function createListeners<Arguments extends readonly unknown[]>(
  thrown: (cause: unknown) => void,
): Listeners<Arguments> {
  const listeners = new Set<{ readonly listener: (...told: Arguments) => void }>();
  const untold: Arguments[] = [];
  let telling = false;

  const tellAll = (told: Arguments) => {
    for (const { listener } of [...listeners]) {
      try {
        listener(...told);
      } catch (cause) {
        thrown(cause);
      }
    }
  };

  return {
    add(listener) {
      const entry = { listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    tell(...told) {
      untold.push(told);
      if (telling) return;
      telling = true;
      for (let next = untold.shift(); next; next = untold.shift()) tellAll(next);
      telling = false;
    },
  };
}
