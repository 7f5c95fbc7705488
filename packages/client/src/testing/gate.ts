/** A place on the way of a request where a test holds it. */
export interface Gate {
  /** When the first request has come to it. */
  readonly reached: Promise<void>;
  open(): void;
  /** For the request: waits until it is open. */
  pass(): Promise<void>;
}

export function gate(): Gate {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    pass: async () => {
      reached.resolve();
      await opened.promise;
    },
  };
}
