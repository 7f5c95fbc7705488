import { mkdtemp, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";

const bundles = new Map<string, Promise<string>>();

/**
 * A program as one file: tests start some a hundred times, and from hundreds of files each start takes four times as much
 * of the processor. It is made once in a test process.
 *
 * @param script absolute path of its source
 */
export function bundled(script: string): Promise<string> {
  const bundle = bundles.get(script) ?? make(script);
  bundles.set(script, bundle);
  return bundle;
}

async function make(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-program-"));
  const outfile = join(folder, `${basename(script, ".ts")}.mjs`);
  await build({
    entryPoints: [script],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["source"],
    external: ["pg-native"],
    plugins: [whereItStands, leftOutside],
    // What is CommonJS asks for parts of Node.
    banner: { js: 'const require = process.getBuiltinModule("module").createRequire(import.meta.url);' },
    logLevel: "error",
  });
  return outfile;
}

/** Whoever asks where its file stands, to find another beside it, is told where the source does. */
const whereItStands: Plugin = {
  name: "where it stands",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)));
      return { contents, loader: "ts" };
    });
  },
};

/** What is no JavaScript, or looks for its own files. */
const leftOutside: Plugin = {
  name: "left outside",
  setup({ onResolve }) {
    onResolve({ filter: /^(@node-rs\/argon2|pino)$/ }, ({ path, importer }) => ({
      path: createRequire(importer).resolve(path),
      external: true,
    }));
  },
};
