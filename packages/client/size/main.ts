import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

/** Leaves out what is loaded when it is first needed, as bundlers do that make files of their own of it. */
const atFirst: Plugin = {
  name: "at-first",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
  },
};

/** What a page of these modules weighs, in bytes: minified and gzipped, with all of @trpc/client that is in it. */
async function sizeOf(modules: readonly string[], plugins: Plugin[] = []): Promise<number> {
  const bundle = await build({
    stdin: {
      contents: modules.map((module) => `export * from "./src/${module}";`).join("\n"),
      resolveDir: fileURLToPath(new URL("..", import.meta.url)),
    },
    bundle: true,
    conditions: ["source"],
    external: ["react"],
    format: "esm",
    minify: true,
    platform: "browser",
    plugins,
    write: false,
  });
  return gzipSync(bundle.outputFiles[0]?.contents ?? "").length;
}

const [first, react, all] = await Promise.all([
  sizeOf(["index.ts"], [atFirst]),
  sizeOf(["index.ts", "react/index.ts"], [atFirst]),
  sizeOf(["index.ts"]),
]);

/** What the SDK may cost a page, in bytes. Raise it only for something that apps get in return. */
const budgets = [
  ["a page loads at first", first, 15_980],
  ["/react adds", react - first, 500],
  ["all parts in one file", all, 28_700],
] as const;

for (const [what, size, budget] of budgets) {
  process.stdout.write(`@countersign/client, ${what}: ${size} of at most ${budget} bytes\n`);
  if (size > budget) process.exitCode = 1;
}
