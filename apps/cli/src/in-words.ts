import { reasonOf } from "@countersign/client";
import type { Meaning } from "./exit-codes.ts";

type Words = Partial<Pick<Meaning, "says" | "next">>;

/** A refusal by the server that means something more exact in the command that was refused. */
export class InWords extends Error {
  override readonly name = "InWords";
  readonly words: Words;

  constructor(words: Words, cause: unknown) {
    super(words.says, { cause });
    this.words = words;
  }
}

/** Waits for a call. Where it fails for one of these reasons, that is told in these words. */
export async function inWords<T>(
  call: Promise<T>,
  words: Readonly<Partial<Record<ReturnType<typeof reasonOf>, Words>>>,
): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const own = words[reasonOf(cause)];
    throw own ? new InWords(own, cause) : cause;
  }
}
