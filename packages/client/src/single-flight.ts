/**
 * Runs one piece of work at a time: whoever asks while it runs gets its outcome, and is told that it was another's.
 */
export function createSingleFlight(): (work: () => Promise<void>) => Promise<"own" | "joined"> {
  let flight: Promise<void> | undefined;
  return async (work) => {
    const joined = flight !== undefined;
    flight ??= work().finally(() => {
      flight = undefined;
    });
    await flight;
    return joined ? "joined" : "own";
  };
}
