import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "./testing/command.ts";
import { publishedPackages } from "./testing/packages.ts";
import { packed } from "./testing/packed.ts";

const { newest, oldest } = await packed();
const ours = [join(import.meta.dirname, "node_modules/.bin/tsc"), "--checkers", "1"];
const theirs = [join(oldest, "node_modules/.bin/tsc")];

const nodenext = { moduleResolution: "nodenext", module: "nodenext" };
const bundler = { moduleResolution: "bundler", module: "esnext" };

/** A project that checks its libraries' declarations as strictly as its own files, and emits declarations. */
const strict = {
  strict: true,
  skipLibCheck: false,
  target: "es2022",
  declaration: true,
  emitDeclarationOnly: true,
  allowImportingTsExtensions: true,
};
const node = { lib: ["es2022"], types: ["node"] };
/** What the declarations of tRPC itself want, wherever they are used: the browser's types, and disposables. */
const browser = { lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"], types: [] };

/** What a compiler says about a project of strangers; nothing if all is well. */
async function compile(
  [compiler = "", ...flags]: readonly string[],
  folder: string,
  options: object,
  files: readonly string[],
): Promise<string> {
  const config = join(folder, "tsconfig.json");
  await writeFile(config, JSON.stringify({ compilerOptions: { ...strict, ...options }, files }));
  return (await run(compiler, [...flags, "-p", config], { cwd: folder })).stdout;
}

describe.each([
  { who: "the newest of everything, by nodenext", folder: newest, compiler: ours, api: nodenext, app: nodenext },
  { who: "the newest of everything, by a bundler's rules", folder: newest, compiler: ours, api: bundler, app: bundler },
  { who: "the oldest of everything", folder: oldest, compiler: theirs, api: nodenext, app: bundler },
])("a stranger with $who", ({ folder, compiler, api, app }) => {
  const backend = join(folder, `backend-${api.module}`);
  const frontend = join(folder, `frontend-${app.module}`);

  test("compiles a guarded API and publishes its type", async () => {
    await mkdir(backend);
    const files = ["guarded-router.ts", "notes-api.ts", "own-issuer.ts"];
    for (const file of files) await cp(join(folder, file), join(backend, file));
    expect(await compile(compiler, backend, { ...api, ...node, outDir: frontend }, files)).toBe("");
  });

  test("compiles an app on that type alone, without the API and knowing nothing of Node", async () => {
    await cp(join(folder, "frontend.ts"), join(frontend, "frontend.ts"));
    const options = { ...app, ...browser, outDir: "." };
    expect(await compile(compiler, frontend, options, ["frontend.ts"])).toBe("");
    // What the app gives on is whole without the app.
    expect(await compile(compiler, frontend, options, ["frontend.d.ts"])).toBe("");
  });
});

describe("every entry of every package", () => {
  const entries = publishedPackages().flatMap(({ manifest: { name, exports = {} } }) =>
    Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`),
  );

  test.each([nodenext, bundler])("compiles with its declarations checked: $moduleResolution", async (resolution) => {
    const folder = join(newest, `entries-${resolution.moduleResolution}`);
    await mkdir(folder);
    const lines = entries.map((entry, index) => `export type * as entry${index} from "${entry}";`);
    await writeFile(join(folder, "entries.ts"), lines.join("\n"));
    const options = { ...resolution, lib: ["es2024", "esnext.disposable", "dom"], types: ["node"], outDir: "emitted" };
    expect(await compile(ours, folder, options, ["entries.ts"])).toBe("");
  });

  test("loads", async () => {
    const lines = entries.map((entry) => `await import("${entry}");`);
    const { code, stderr } = await run(process.execPath, ["--input-type=module", "-e", lines.join("\n")], {
      cwd: newest,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
