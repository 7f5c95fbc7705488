import { loading } from "../loading.ts";
import type { streams } from "./streams.ts";

export type Streams = typeof streams;

/** What answers need that come bit by bit; loaded with the first of them. @throws {ClientError} `network` */
export async function loadStreams(): Promise<Streams> {
  return (await loading(() => import("./streams.ts"))).streams;
}
