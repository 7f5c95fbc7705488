import type { ReadStream, WriteStream } from "node:tty";
import { Failure } from "./failure.ts";
import { type Form, inForm } from "./forms.ts";
import { readLines } from "./lines.ts";

/** How a command gets what it was not given: from a terminal by asking, for passwords also from standard input. */
export interface Ask {
  /**
   * `given`, or the answer to a question; `flag` names what a script should give.
   *
   * @throws {Failure} `usage` where nothing is given and nobody can be asked, or where it has not that form
   */
  text(question: string, given: string | undefined, flag: string, form?: Form): Promise<string>;
  /** An existing password. */
  password(question: string): Promise<string>;
  /** A password to be, asked twice on a terminal. */
  newPassword(question: string): Promise<string>;
  /** @throws {Failure} `cancelled` unless the answer is yes; `sure` is the flag `--yes`. */
  confirm(question: string, sure: boolean): Promise<void>;
}

export interface AskOptions {
  readonly input: ReadStream;
  /** Where questions appear: standard error, so that they never mix with an answer. */
  readonly output: WriteStream;
  /** Passwords are the lines of standard input, in the order in which they are needed. */
  readonly passwordStdin: boolean;
}

/** Asks on a terminal, and where there is none says which flag is missing instead of waiting for ever. */
export function createAsk({ input, output, passwordStdin }: AskOptions): Ask {
  const streams = { input, output };
  const interactive = Boolean(input.isTTY && output.isTTY);
  let lines: Promise<string[]> | undefined;

  const nextLine = async () => {
    if (input.isTTY) {
      throw new Failure("usage", "--password-stdin wants the password piped in, and standard input is a terminal.");
    }
    lines ??= readLines(input);
    const line = (await lines).shift();
    if (!line) throw new Failure("usage", "Standard input held no password, or one line too few.");
    return line;
  };

  const prompts = async (question: string, flag: string) => {
    if (!interactive)
      throw new Failure("usage", `${question} is missing, and there is no terminal to ask on.`, `Give ${flag}`);
    return await import("@clack/prompts");
  };

  const hidden = async (question: string, validate: (value: string | undefined) => string | undefined) => {
    if (passwordStdin) return await nextLine();
    const { password } = await prompts(question, "--password-stdin, and the password on standard input");
    return answered(await password({ ...streams, message: question, validate }));
  };

  return {
    text: async (question, given, flag, form) => {
      if (given !== undefined) return form ? inForm(flag.split(" ", 1).join(), given, form) : given;
      const { text } = await prompts(question, flag);
      return answered(
        await text({ ...streams, message: question, validate: (value) => present(value) ?? deviation(value, form) }),
      ).trim();
    },
    password: (question) => hidden(question, something),
    newPassword: async (question) => {
      const first = await hidden(question, something);
      if (!passwordStdin) await hidden("The same again", (value) => (value === first ? undefined : "They differ."));
      return first;
    },
    confirm: async (question, sure) => {
      if (sure) return;
      const { confirm } = await prompts("A yes", "--yes");
      if (!answered(await confirm({ ...streams, message: question, initialValue: false }))) throw cancelled();
    },
  };
}

const present = (value: string | undefined) => something(value?.trim());

const deviation = (value = "", form?: Form) => (!form || form.fits(value) ? undefined : `It has to be ${form.says}.`);

const something = (value: string | undefined) => (value ? undefined : "Something has to stand here.");

const cancelled = () => new Failure("cancelled", "Cancelled; nothing was changed.");

/** An answer, or the wish to stop. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === "symbol") throw cancelled();
  // What is left when symbols are gone; the compiler does not narrow a type parameter.
  return answer as Exclude<T, symbol>;
}
