import ts from "@typescript/typescript6";

export interface Printer {
  /**
   * A type as text. `at` says where it stands.
   *
   * @throws {TypeError} for what is no plain data: functions, classes, `any`, type parameters
   */
  print(type: ts.Type, at: string): string;
  /** The types that refer to themselves, so that they need a name: by name, after they were printed. */
  readonly recursive: ReadonlyMap<string, string>;
}

/**
 * Writes types down by their structure, so that the text stands alone: it names nothing but `named`, which the text around
 * it declares.
 */
export function createPrinter(checker: ts.TypeChecker, named: Map<ts.Type, string>): Printer {
  const recursive = new Map<string, string>();
  const open = new Set<ts.Type>();
  const missing = (type: ts.Type) =>
    Boolean(type.flags & ts.TypeFlags.Undefined) && type !== checker.getUndefinedType();

  const print = (type: ts.Type, at: string): string => {
    const name = named.get(type);
    if (name !== undefined) return name;
    if (open.has(type)) return nameRecursive(type, at);
    open.add(type);
    const text = printStructure(type, at);
    open.delete(type);
    const own = named.get(type);
    if (own !== undefined) recursive.set(own, text);
    return own ?? text;
  };

  const nameRecursive = (type: ts.Type, at: string) => {
    const name = type.aliasSymbol?.name;
    if (name === undefined) throw new TypeError(`${at} refers to itself and has no name`);
    named.set(type, name);
    return name;
  };

  const printStructure = (type: ts.Type, at: string): string => {
    const keyword = KEYWORDS.find(([flag]) => type.flags & flag)?.[1];
    if (keyword !== undefined) return keyword;
    if (type.isStringLiteral() || type.isNumberLiteral()) return JSON.stringify(type.value);
    if (type.flags & ts.TypeFlags.BooleanLiteral) return checker.typeToString(type);
    if (type.isUnion()) return printUnion(type.types, at);
    if (checker.isTupleType(type)) return printTuple(type as ts.TupleTypeReference, at);
    if (checker.isArrayType(type)) return printArray(type as ts.TypeReference, at);
    if (isPlainObject(type)) return printObject(type, at);
    throw new TypeError(`${at} is not plain data: ${checker.typeToString(type)}`);
  };

  const printUnion = (types: readonly ts.Type[], at: string): string => {
    const left = new Set(types);
    const texts: string[] = [];
    for (const [type, name] of named) {
      if (!type.isUnion() || open.has(type) || !type.types.every((member) => left.has(member))) continue;
      for (const member of type.types) left.delete(member);
      texts.push(name);
    }
    texts.push(...[...left].map((member) => print(member, at)));
    const isBoolean = texts.includes("true") && texts.includes("false");
    const all = isBoolean ? [...texts.filter((text) => text !== "true" && text !== "false"), "boolean"] : texts;
    // The compiler's own order depends on what it happened to read first.
    return all.toSorted(byPlace).join(" | ");
  };

  const printArray = (type: ts.TypeReference, at: string) => {
    const [element] = checker.getTypeArguments(type);
    const text = element ? print(element, `${at}[]`) : "never";
    return `${type.symbol.name === "ReadonlyArray" ? "readonly " : ""}(${text})[]`;
  };

  const printTuple = (type: ts.TupleTypeReference, at: string) => {
    const { minLength, fixedLength, hasRestElement, readonly } = type.target;
    if (hasRestElement || minLength !== fixedLength) throw new TypeError(`${at} is a tuple of no fixed length`);
    const elements = checker.getTypeArguments(type).map((element, index) => print(element, `${at}[${index}]`));
    return `${readonly ? "readonly " : ""}[${elements.join(", ")}]`;
  };

  const printObject = (type: ts.Type, at: string) => {
    const indexes = checker.getIndexInfosOfType(type).map(({ isReadonly, keyType, type: value }) => ({
      isReadonly,
      key: print(keyType, at),
      value: print(value, `${at}[]`),
    }));
    const [only, ...others] = indexes;
    // `keyof` tells a record from an index signature.
    if (only && others.length === 0 && isMapped(type) && checker.getPropertiesOfType(type).length === 0) {
      const record = `Record<${only.key}, ${only.value}>`;
      return only.isReadonly ? `Readonly<${record}>` : record;
    }
    const signatures = indexes.map(
      ({ isReadonly, key, value }) => `${isReadonly ? "readonly " : ""}[key: ${key}]: ${value};`,
    );
    const readonly = readonlyPropertiesOf(checker, type);
    const properties = propertiesOf(checker, type).map((property) => {
      const { name, flags } = property;
      const value = checker.getTypeOfSymbol(property);
      const here = `${at}.${name}`;
      const isOptional = Boolean(flags & ts.SymbolFlags.Optional);
      const isAlone = !(isOptional && value.isUnion());
      const text = isAlone
        ? print(value, here)
        : printUnion(
            value.types.filter((one) => !missing(one)),
            here,
          );
      const modifier = readonly.has(name) ? "readonly " : "";
      return `${docsOf(checker, property)}${modifier}${propertyName(name)}${isOptional ? "?" : ""}: ${text};`;
    });
    return braces([...signatures, ...properties]);
  };

  return { print, recursive };
}

const KEYWORDS: readonly (readonly [ts.TypeFlags, string])[] = [
  [ts.TypeFlags.Unknown, "unknown"],
  [ts.TypeFlags.Never, "never"],
  [ts.TypeFlags.Void, "void"],
  [ts.TypeFlags.Undefined, "undefined"],
  [ts.TypeFlags.Null, "null"],
  [ts.TypeFlags.String, "string"],
  [ts.TypeFlags.Number, "number"],
  [ts.TypeFlags.Boolean, "boolean"],
  [ts.TypeFlags.NonPrimitive, "object"],
];

/** What stands above a declaration, as a comment again. */
export function docsOf(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  if (text === "") return "";
  const lines = text.split("\n").map((line) => ` * ${line}`.trimEnd());
  return lines.length === 1 ? `/** ${text} */\n` : `/**\n${lines.join("\n")}\n */\n`;
}

/** The members of an object type; each on a line of its own as soon as one of them has a comment. */
export function braces(members: readonly string[]): string {
  const between = members.some((member) => member.startsWith("/**")) ? "\n" : " ";
  return `{${between}${members.join(between)}${between}}`;
}

export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** In the order of their declarations; by their names where they have none, as those of a record over a union. */
function propertiesOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Symbol[] {
  const properties = checker.getPropertiesOfType(type);
  if (properties.some(({ declarations }) => declarations?.length)) return properties;
  return properties.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function isMapped(type: ts.Type): boolean {
  return Boolean((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Mapped);
}

function isPlainObject(type: ts.Type): boolean {
  const isObject = type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection);
  return Boolean(isObject) && type.getCallSignatures().length + type.getConstructSignatures().length === 0;
}

/**
 * The names of an object's `readonly` properties: what the compiler would write, or where it would write the object's
 * name, what stands at its declaration. Of an intersection a property is readonly if all say so that have it.
 */
function readonlyPropertiesOf(checker: ts.TypeChecker, type: ts.Type): ReadonlySet<string | undefined> {
  const names = checker.getPropertiesOfType(type).map(({ name }) => name);
  if (type.isIntersection()) {
    const parts = type.types.map((part) => ({ part, readonly: readonlyPropertiesOf(checker, part) }));
    const having = (name: string) => parts.filter(({ part }) => part.getProperty(name));
    return new Set(names.filter((name) => having(name).every(({ readonly }) => readonly.has(name))));
  }
  const flags = ts.NodeBuilderFlags.NoTruncation | ts.NodeBuilderFlags.InTypeAlias;
  const node = checker.typeToTypeNode(type, undefined, flags);
  const declarations: readonly ts.Declaration[] =
    node && ts.isTypeLiteralNode(node)
      ? [...node.members]
      : checker.getPropertiesOfType(type).flatMap((property) => property.declarations ?? []);
  const isReadonly = (one: ts.Declaration) => ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Readonly;
  return new Set(declarations.filter(isReadonly).map(nameText));
}

function nameText(declaration: ts.Declaration): string | undefined {
  const name = ts.getNameOfDeclaration(declaration);
  return name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;
}

/** Absence last. */
function byPlace(one: string, other: string): number {
  const place = (text: string) => ["null", "undefined"].indexOf(text);
  return place(one) - place(other) || (one < other ? -1 : 1);
}
