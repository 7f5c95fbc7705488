import type { signingIn } from "./signing-in.ts";

/** What a page needs that signs somebody in; loaded with the first that does. */
export async function loadSigningIn(): Promise<typeof signingIn> {
  return (await import("./signing-in.ts")).signingIn;
}
