import type { Context } from "./context.ts";
import type { Form } from "./forms.ts";
import type { Answer, Lines } from "./output.ts";

/** What an option is worth to the command that has it. */
interface Values {
  readonly switch: boolean;
  readonly text: string | undefined;
  readonly number: number | undefined;
  readonly list: readonly string[];
}

/** An option by its kind; its flag is its name in kebab-case. */
export interface Option<Kind extends keyof Values = keyof Values> {
  readonly kind: Kind;
  readonly says: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  /** What each given value is checked for. */
  readonly form?: Form;
}

export type Options = Readonly<Record<string, Option>>;

/** "id" is an argument that has to be given, "link?" one that may be. */
type Named<P extends string> = {
  readonly [K in P as K extends `${infer N}?` ? N : K]: K extends `${string}?` ? string | undefined : string;
};

type Input<P extends string, O extends Options> = Named<P> & { readonly [K in keyof O]: Values[O[K]["kind"]] };

interface Spec<P extends string, O extends Options> {
  readonly name: string;
  readonly says: string;
  readonly parameters?: readonly P[];
  /** What arguments are checked for before anything else happens. */
  readonly forms?: { readonly [K in keyof Named<P>]?: Form };
  readonly options?: O;
  readonly run: (context: Context, input: Input<P, O>) => Promise<Answer | Lines>;
}

/** A command as the program lists it: what it takes, and what it does with it. */
export interface Command {
  readonly name: string;
  readonly says: string;
  readonly parameters: readonly string[];
  readonly forms: Readonly<Record<string, Form | undefined>>;
  readonly options: Options;
  readonly run: (context: Context, input: Readonly<Record<string, unknown>>) => Promise<Answer | Lines>;
}

/** Commands under one noun: `users list`, `users get`. */
export interface Group {
  readonly name: string;
  readonly says: string;
  readonly commands: readonly Command[];
}

/** Declares a command; `run` receives its arguments and options by name, typed after their declaration. */
export function command<const P extends string = never, O extends Options = Record<never, Option>>(
  spec: Spec<P, O>,
): Command {
  const { name, says, parameters = [], forms = {}, options = {}, run } = spec;
  // The program collects the input by these very declarations, so it has their shape.
  return { name, says, parameters, forms, options, run: (context, input) => run(context, input as Input<P, O>) };
}
