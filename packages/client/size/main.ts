import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/**
 * What the SDK may cost a page, in bytes: minified and gzipped, with all that is in it and the part of `@trpc/client` that
 * an app needs, which alone is 10 100. Raise it only for something that apps get in return.
 */
const BUDGET = 26_000;

const bundle = await build({
  stdin: {
    contents: `
      export * from "./src/index.ts";
      export { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from "@trpc/client";
    `,
    resolveDir: fileURLToPath(new URL("..", import.meta.url)),
  },
  bundle: true,
  conditions: ["source"],
  format: "esm",
  minify: true,
  platform: "browser",
  write: false,
});
const size = gzipSync(bundle.outputFiles[0]?.contents ?? "").length;
process.stdout.write(`@countersign/client with @trpc/client in a browser: ${size} of at most ${BUDGET} bytes\n`);
if (size > BUDGET) process.exitCode = 1;
