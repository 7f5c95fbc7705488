import { expect } from "vitest";
import type { Desk } from "./desk.ts";
import { createOddApi, createOddContext } from "./odd-api.ts";
import { type Received, type Sent, startTwins, type TrpcOptions, type TwinSetUp, type Twins } from "./twins.ts";

export interface OddSetUp {
  /** Of `initTRPC.create`. */
  readonly config: Parameters<typeof createOddApi>[1];
  /** Asked once a twin. */
  options(guard: ReturnType<typeof createOddApi>["guard"]): Partial<TrpcOptions>;
}

/** As the documentation shows it. */
export const usualSetUp: OddSetUp = {
  config: {},
  options: ({ responseMeta, maxBatchSize }) => ({ responseMeta, maxBatchSize }) as Partial<TrpcOptions>,
};

/** The odd API behind both plugins. */
export function startOddTwins(
  desk: Desk,
  { config, options }: OddSetUp = usualSetUp,
  host: Omit<TwinSetUp, "trpcOptions"> = {},
): Promise<Twins> {
  const { guard, router } = createOddApi(desk, config);
  const trpcOptions = (told: unknown[]) =>
    ({ router, createContext: (about) => createOddContext(about, told), ...options(guard) }) as TrpcOptions;
  return startTwins({ trpcOptions, ...host });
}

/** Sends a request to both, and expects one answer and one story. */
export async function expectAlike({ official, ours }: Twins, sent: Sent): Promise<Received> {
  const { isStraight: _, ...expected } = await official.send(sent);
  const { isStraight, ...answer } = await ours.send(sent);
  expect(answer).toStrictEqual(expected);
  return { ...answer, isStraight };
}
