import { execFileSync } from "node:child_process";
import { join } from "node:path";
import ts from "@typescript/typescript6";
import { createPrinter, docsOf } from "./plain-type.ts";
import { printRouter } from "./router-type.ts";

const workspace = join(import.meta.dirname, "../../..");
const ROUTER = join(workspace, "apps/server/src/router.ts");
const ERRORS = join(workspace, "packages/tokens/src/errors.ts");
const REPLIES = join(workspace, "packages/tokens/src/session-reply.ts");

/**
 * The text of `src/api.ts`: all that the issuer says to a client, as plain types. Read from the real router and the real
 * replies; naming nothing but tRPC, so that the packed client needs nobody's sources.
 */
export function issuerTypes(): string {
  const program = createProgram([ROUTER, ERRORS, REPLIES]);
  const checker = program.getTypeChecker();
  const named = new Map<ts.Type, string>();
  const printer = createPrinter(checker, named);

  const exportOf = (file: string, name: string) => {
    const source = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(file));
    const module = source && checker.getSymbolAtLocation(source);
    const symbol = module && checker.getExportsOfModule(module).find((one) => one.name === name);
    if (!symbol) throw new TypeError(`${file} does not export ${name}`);
    const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return { type: checker.getDeclaredTypeOfSymbol(declared), docs: docsOf(checker, declared) };
  };
  const declare = (file: string, name: string) => {
    const { type, docs } = exportOf(file, name);
    const text = `${docs}export type ${name} = ${printer.print(type, name)};`;
    named.set(type, name);
    return text;
  };

  for (const name of ["TRPC_ERROR_CODE_KEY", "TRPC_ERROR_CODE_NUMBER"]) {
    named.set(exportOf("/@trpc/server/dist/index.d.mts", name).type, name);
  }
  const shared = [declare(ERRORS, "Reason"), declare(REPLIES, "TokenReply"), declare(REPLIES, "SessionReply")];
  const router = printRouter(checker, printer, exportOf(ROUTER, "IssuerRouter").type);
  const recursive = [...printer.recursive].map(([name, text]) => `type ${name} = ${text};`);

  return format(`// @generated from the issuer's router: npx -y pnpm@12 generate

import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from "@trpc/server";

${[...shared, ...recursive].join("\n\n")}

/** What an error of the issuer looks like. */
type IssuerError = ${router.rootError};

/** The same, from a procedure: the guard may have refused the call. */
type ProcedureError = ${router.procedureError};

/** A procedure, and who may call it. */
type Definition<Input, Output, Policy> = {
  input: Input;
  output: Output;
  meta: { readonly "~policy"?: Policy };
  errorShape: ProcedureError;
};
type Query<Input, Output, Policy> = TRPCQueryProcedure<Definition<Input, Output, Policy>>;
type Mutation<Input, Output, Policy> = TRPCMutationProcedure<Definition<Input, Output, Policy>>;

/** The issuer's API, as a type. */
export type IssuerRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: IssuerError; transformer: false },
  ${router.record}
>;
`);
}

function createProgram(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(join(workspace, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, join(workspace, "apps/server"));
  return ts.createProgram(files, { ...options, noEmit: true });
}

function format(text: string): string {
  const args = ["format", "--stdin-file-path=packages/client/src/api.ts"];
  return execFileSync("biome", args, { cwd: workspace, input: text, encoding: "utf8" });
}
