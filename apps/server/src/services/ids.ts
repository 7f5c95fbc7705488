import type { World } from "@countersign/tokens";
import { base64url } from "jose";

const ID_BYTES = 16;

/**
 * A new identifier: 128 random bits in base64url, 22 characters (ASVS 11.5.1). One that begins with a dash is thrown away:
 * on a command line it would be an option.
 */
export function createId(world: World): string {
  for (;;) {
    const id = base64url.encode(world.random(ID_BYTES));
    if (!id.startsWith("-")) return id;
  }
}
