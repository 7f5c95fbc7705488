import type ts from "@typescript/typescript6";
import { braces, docsOf, type Printer, propertyName } from "./plain-type.ts";

/** A router as text. */
export interface RouterText {
  /** The record of its procedures: `Query<Input, Output, Policy>` and `Mutation<Input, Output, Policy>`. */
  readonly record: string;
  /** What an error looks like that a procedure answers. */
  readonly procedureError: string;
  /** What any other error looks like. */
  readonly rootError: string;
}

const KINDS = new Map([
  [`"query"`, "Query"],
  [`"mutation"`, "Mutation"],
]);

/**
 * Writes down what a client sees of a tRPC router: of each procedure its kind, input, output and policy.
 *
 * @throws {TypeError} for a procedure that a plain record of queries and mutations cannot say
 */
export function printRouter(checker: ts.TypeChecker, { print }: Printer, router: ts.Type): RouterText {
  const errors = new Set<string>();
  const get = (type: ts.Type, ...path: readonly string[]): ts.Type => {
    const [name, ...rest] = path;
    if (name === undefined) return type;
    const property = checker.getNonNullableType(type).getProperty(name);
    if (!property) throw new TypeError(`${checker.typeToString(type)} has no property ${name}`);
    return get(checker.getTypeOfSymbol(property), ...rest);
  };

  const printProcedure = (type: ts.Type, at: string) => {
    const kind = KINDS.get(print(get(type, "_def", "type"), at));
    if (kind === undefined) throw new TypeError(`${at} is neither a query nor a mutation`);
    errors.add(print(get(type, "_def", "$types", "errorShape"), `${at}'s error`));
    const policy = checker.getNonNullableType(get(type, "meta", "~policy"));
    const parts = [
      print(get(type, "_def", "$types", "input"), `${at}'s input`),
      print(get(type, "_def", "$types", "output"), `${at}'s output`),
      print(policy, `${at}'s policy`),
    ];
    return `${kind}<${parts.join(", ")}>`;
  };

  const printRecord = (record: ts.Type, path: readonly string[]): string => {
    const members = checker.getPropertiesOfType(record).map((property) => {
      const type = checker.getTypeOfSymbol(property);
      const here = [...path, property.name];
      const text = type.getProperty("_def") ? printProcedure(type, here.join(".")) : printRecord(type, here);
      return `${docsOf(checker, property)}${propertyName(property.name)}: ${text};`;
    });
    return braces(members);
  };

  const record = printRecord(get(router, "_def", "record"), []);
  const [procedureError, ...others] = errors;
  if (procedureError === undefined || others.length > 0)
    throw new TypeError("procedures answer errors of several shapes");
  const rootError = print(get(router, "_def", "_config", "$types", "errorShape"), "errors");
  return { record, procedureError, rootError };
}
