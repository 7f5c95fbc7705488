import { startProgram } from "../harness/server-program.ts";
import type { Mint } from "../harness/tokens.ts";
import { assertHonest } from "./assert-honest.ts";
import type { Contestant } from "./contestants.ts";

/** A contestant that listens and was found honest. */
export interface RunningContestant extends AsyncDisposable {
  /** Of the one query. */
  readonly url: string;
  /** A credential that it lets in. */
  readonly credential: string;
}

export async function startContestant(contestant: Contestant, mint: Mint): Promise<RunningContestant> {
  const program = await startProgram(contestant.command, mint.setup);
  try {
    const url = `${program.origin}/trpc/notes`;
    const [token = ""] = await mint.good(1);
    const credential = program.credential ?? token;
    await assertHonest(contestant, url, credential, mint);
    return { url, credential, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
  } catch (cause) {
    await program[Symbol.asyncDispose]();
    throw cause;
  }
}
