import { createStarting } from "./starting.ts";
import { createWaysIn } from "./ways-in.ts";

/** What a page needs that signs somebody in. Loaded apart: see `loadSigningIn`. */
export const signingIn = { createStarting, createWaysIn };
