import type { World } from "@countersign/tokens";
import { base64url } from "jose";

const ID_BYTES = 16;

/** A new identifier: 128 random bits in base64url, 22 characters (ASVS 11.5.1). */
export function createId(world: World): string {
  return base64url.encode(world.random(ID_BYTES));
}
