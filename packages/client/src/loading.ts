import { ClientError } from "./errors.ts";

/**
 * Loads a part of the SDK that not every page needs: bundlers make a file of its own of it.
 *
 * @throws {ClientError} `network` where it could not be loaded: whoever needs it next tries again
 */
export async function loading<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (cause) {
    throw new ClientError("network", { cause });
  }
}
