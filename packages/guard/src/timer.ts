/** Runs something once, `ms` milliseconds from now, unless the function that it answers is called before. */
export type Timer = (run: () => void, ms: number) => () => void;

/** The runtime's own. It keeps no process alive, where the runtime can say so. */
export const runtimeTimer: Timer = (run, ms) => {
  const handle: unknown = setTimeout(run, ms);
  if (typeof handle === "object" && handle !== null && "unref" in handle && typeof handle.unref === "function") {
    handle.unref();
  }
  return () => clearTimeout(handle as ReturnType<typeof setTimeout>);
};
