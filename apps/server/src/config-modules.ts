import module from "node:module";

/** Ours, of which there must be one: what a method throws is known by its class. */
const OURS = /^@countersign\//;
/** What options are made of. */
const LENT = /^zod(\/|$)/;

let served = false;

/**
 * Lets a configuration file import what this program is made of: `@countersign/*` is this program's own, wherever the file
 * lies, and `zod` as well where the file's folder has none. So it needs no `node_modules` beside it.
 */
export function serveModules(): void {
  if (served) return;
  served = true;
  module.registerHooks({
    resolve(specifier, context, next) {
      const own = () => next(specifier, { ...context, parentURL: import.meta.url });
      const theirs = () => next(specifier, context);
      if (OURS.test(specifier)) return firstOf(own, theirs);
      if (LENT.test(specifier)) return firstOf(theirs, own);
      return theirs();
    },
  });
}

function firstOf<T>(first: () => T, second: () => T): T {
  try {
    return first();
  } catch {
    return second();
  }
}
