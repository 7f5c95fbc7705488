import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bareApi, callers, guardedApi, type Sources, sdkCallers } from "./generated-api.ts";

const run = promisify(execFile);
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const PACKAGES = path("../../../");
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** What the compiler had to do for a program. */
export interface TypeCost {
  /** Depends on nothing but the sources and the compiler. */
  readonly instantiations: number;
  readonly checkMs: number;
}

/** An API of a number of procedures, at its server and at consumers that call each of them, by tRPC alone and by the SDK. */
export interface ApiCost {
  readonly server: TypeCost;
  readonly consumer: TypeCost;
  readonly sdk: TypeCost;
}

export interface TypeCosts extends AsyncDisposable {
  measure(kind: "bare" | "guarded", procedures: number): Promise<ApiCost>;
}

/**
 * Compiles generated APIs in a folder of their own, as people compile theirs: against the declarations of the packages,
 * not their sources, and consumers against the declarations that the compiler emits for the server.
 */
export async function createTypeCosts(): Promise<TypeCosts> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-types-"));
  await symlink(path("../../node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await emitPackages(folder);
  return {
    async measure(kind, procedures) {
      const name = `${kind}-${procedures}`;
      await writeSources(join(folder, name, "server"), (kind === "bare" ? bareApi : guardedApi)(procedures));
      await writeSources(join(folder, name, "consumer"), callers(procedures));
      await writeSources(join(folder, name, "sdk"), sdkCallers(procedures));
      const server = await check(folder, `${name}/server`);
      await compile(folder, `${name}/server`, "--noEmit", "false", "--emitDeclarationOnly", "--outDir", `${name}/api`);
      const [consumer, sdk] = [await check(folder, `${name}/consumer`), await check(folder, `${name}/sdk`)];
      return { server, consumer, sdk };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function emitPackages(folder: string): Promise<void> {
  await project(folder, "packages", {
    compilerOptions: { rootDir: PACKAGES, outDir: join(folder, "packages") },
    files: [join(PACKAGES, "client/src/index.ts"), join(PACKAGES, "guard/src/index.ts")],
  });
  await compile(folder, "packages", "--emitDeclarationOnly");
}

async function check(folder: string, name: string): Promise<TypeCost> {
  const declarations = (of: string) => [join(folder, "packages", of, "src/index.d.ts")];
  await project(folder, name, {
    compilerOptions: {
      noEmit: true,
      customConditions: [],
      paths: {
        "@countersign/client": declarations("client"),
        "@countersign/guard": declarations("guard"),
        "@countersign/tokens": declarations("tokens"),
      },
    },
    include: ["."],
  });
  const output = await compile(folder, name, "--extendedDiagnostics", "--singleThreaded");
  const figure = (called: string) => Number(new RegExp(`^${called}:\\s+([\\d.]+)`, "m").exec(output)?.[1]);
  return { instantiations: figure("Instantiations"), checkMs: figure("Check time") * 1000 };
}

async function project(folder: string, name: string, config: object): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  const text = JSON.stringify({ extends: join(PACKAGES, "../tsconfig.base.json"), ...config });
  await writeFile(join(folder, name, "tsconfig.json"), text);
}

async function compile(folder: string, name: string, ...options: string[]): Promise<string> {
  const command = [compiler, "-p", join(folder, name), "--checkers", "1", ...options];
  const { stdout } = await run(process.execPath, command, { cwd: folder }).catch((cause) => {
    throw new Error(`${name} does not compile:\n${cause.stdout}`, { cause });
  });
  return stdout;
}

async function writeSources(folder: string, sources: Sources): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(sources).map(([name, text]) => writeFile(join(folder, name), text)));
}
