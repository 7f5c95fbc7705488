import ts from "@typescript/typescript6";
import { describe, expect, test } from "vitest";
import { createPrinter } from "./plain-type.ts";

/** A type of a source file, printed. */
type Read = (name: string) => { readonly text: string; readonly recursive: Readonly<Record<string, string>> };

function reading(source: string): Read {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2024,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, ...rest) =>
    path === "types.ts"
      ? ts.createSourceFile(path, source, ts.ScriptTarget.ES2024, true)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram(["types.ts"], { ...options, types: [] }, host);
  const checker = program.getTypeChecker();
  const aliases = program.getSourceFile("types.ts")?.statements.filter(ts.isTypeAliasDeclaration) ?? [];
  const typeOf = (name: string) => {
    const alias = aliases.find((one) => one.name.text === name);
    if (!alias) throw new Error(`there is no type ${name}`);
    return checker.getTypeAtLocation(alias);
  };
  return (name) => {
    const { print, recursive } = createPrinter(checker, new Map([[typeOf("Known"), "Known"]]));
    return { text: print(typeOf(name), name), recursive: Object.fromEntries(recursive) };
  };
}

const plain: readonly (readonly [string, string])[] = [
  [`undefined | null | "b" | "a" | number | boolean`, `"a" | "b" | boolean | number | null | undefined`],
  ["{ a: unknown; readonly 'b-c': void; d: object }", `{ a: unknown; readonly "b-c": void; d: object; }`],
  ["{ a?: true; b?: boolean | undefined; c?: boolean }", "{ a?: true; b?: boolean | undefined; c?: boolean; }"],
  ["Readonly<{ a: 1 }> & { b: 2 }", "{ readonly a: 1; b: 2; }"],
  ["Named & { b: string }", "{ readonly a: readonly (string)[]; b: string; }"],
  ["{ readonly [name: string]: 1 }", "{ readonly [key: string]: 1; }"],
  ["[Readonly<Record<string, 1>>, Record<string, 1>]", "[Readonly<Record<string, 1>>, Record<string, 1>]"],
  ["Record<'a' | 'b', 1>", "{ a: 1; b: 1; }"],
  ["Pick<Documented, 'a'>", "{\n/** Milliseconds. */\na: number;\n}"],
  ["[1, readonly ['a', 'b']]", `[1, readonly ["a", "b"]]`],
  ["('a' | 1)[][]", `(("a" | 1)[])[]`],
  ["{ a: Known; b?: Known; c: Known | 'z' }", `{ a: Known; b?: Known; c: "z" | Known; }`],
];
const others = ["() => void", "Date", "any", "Promise<string>", "[1, ...string[]]", "[a?: 1]", "Chain", "bigint"];

describe("a type as text", () => {
  const read = reading(`
    type Known = "x" | "y";
    interface Named { readonly a: readonly string[] }
    interface Documented {
      /** Milliseconds. */
      a: number;
      b: string;
    }
    interface Chain { next: Chain | null }
    type Json = string | Json[] | { [key: string]: Json };
    type Recursive = { json: Json; again: Json };
    ${plain.map(([type], index) => `type Plain${index} = ${type};`).join("\n")}
    ${others.map((type, index) => `type Other${index} = ${type};`).join("\n")}
  `);

  test.each(plain.map(([type, text], index) => [type, text, index] as const))("%s", (_, text, index) => {
    expect(read(`Plain${index}`)).toEqual({ text, recursive: {} });
  });

  test.each(others.map((type, index) => [type, index] as const))("%s is refused: it is no plain data", (_, index) => {
    expect(() => read(`Other${index}`)).toThrow(TypeError);
  });

  test("a type that refers to itself keeps its name", () => {
    expect(read("Recursive")).toEqual({
      text: "{ json: Json; again: Json; }",
      recursive: { Json: "(Json)[] | string | { [key: string]: Json; }" },
    });
  });
});
