import type { HashParameters } from "./parameters.ts";

/** What a hashing process is asked. Crosses between processes as JSON, so passwords are well-formed text. */
export type HashJob =
  | { readonly act: "hash"; readonly password: string; readonly parameters: HashParameters }
  | { readonly act: "verify"; readonly password: string; readonly encoded: string };

/** What it answers; `failed` is the library's own word about a hash that it cannot read. */
export type HashAnswer = { readonly encoded: string } | { readonly right: boolean } | { readonly failed: string };
