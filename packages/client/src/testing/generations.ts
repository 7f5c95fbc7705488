import { parseRefreshToken } from "@countersign/tokens";
import type { Seen } from "./door.ts";

/** The generation of a refresh token, wherever it stands in a text. */
export function generationIn(text: string): number | undefined {
  const [token = ""] = /csr_[\w.-]+/.exec(text) ?? [];
  return parseRefreshToken(token)?.gen;
}

/**
 * The generations of the refresh tokens that replies brought, each once: as many as there were rotations, or one where each
 * was given what another one had rotated.
 */
export function generationsOf(seen: readonly Seen[]): (number | undefined)[] {
  return [...new Set(seen.map(({ reply = "", cookies = [] }) => generationIn([...cookies, reply].join("\n"))))];
}
