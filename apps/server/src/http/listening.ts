import { once } from "node:events";
import type { Server } from "node:net";
import { StartError } from "../start-error.ts";
import { openSecondDoor } from "./second-door.ts";

/** A port, and the setting that chooses it. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly setting: string;
}

/**
 * Has a server listen; at `localhost` on both loopback addresses. `start` does it for the first of them.
 *
 * @returns a way to stop accepting at the second address; the first is the server's own to close.
 * @throws {StartError} for a port that is taken or not permitted.
 */
export async function listening(
  server: Server,
  place: Place,
  start: (address: { readonly host: string; readonly port: number }) => Promise<unknown>,
): Promise<() => Promise<void>> {
  const local = place.host === "localhost";
  try {
    await start({ host: local ? "127.0.0.1" : place.host, port: place.port });
    const door = local ? await openSecondDoor(server, "::1", place.port) : undefined;
    return async () => {
      if (door) await once(door.close(), "close");
    };
  } catch (error) {
    server.close();
    throw explained(error, place);
  }
}

const sentences: Readonly<Record<string, (place: Place) => string>> = {
  EADDRINUSE: ({ port, setting }) => `Port ${port} is in use: stop the other program, or choose another by ${setting}.`,
  EACCES: ({ port, setting }) => `This user may not listen on port ${port}: choose one above 1023 by ${setting}.`,
  EADDRNOTAVAIL: ({ host }) => `${host} is no address of this machine: correct COUNTERSIGN_HOST.`,
};

function explained(error: unknown, place: Place): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const sentence = sentences[code]?.(place);
  return sentence === undefined ? error : new StartError(sentence, { cause: error });
}
