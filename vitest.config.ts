import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Tests start programs a thousand times; to strip their types once is enough.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compiled");

/** What tests of several projects need; it is made once. */
const globalSetup = ["packed/testing/temporary-folder.ts", "packages/client/src/testing/chromium-setup.ts"];
/** Short files that take long: they start many programs. Begun last, they would have one core to themselves and leave the other idle. */
const STARTERS = /\/(bench|apps\/cli)\/|(soak|type-cost|history|main|apart|testing\/postgres)\.test\.ts$/;
/** They wait until all is packed and installed, which has begun when the first of the others do. */
const PACKED = /\/packed\//;
const turnOf = ({ moduleId }: TestSpecification) => [STARTERS, PACKED, /./].findIndex((files) => files.test(moduleId));

/** As always, but for those, which come first. */
class StartersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => turnOf(a) - turnOf(b));
  }
}

const timeouts = { hookTimeout: 60_000, testTimeout: 60_000 };

export default defineConfig({
  test: {
    // Many tests wait for servers, browsers and clocks: with as many workers as cores, a core would often idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: StartersFirst },
    projects: [
      {
        // Packages resolve to their source: no build before a test.
        resolve: { conditions: ["source"] },
        ssr: { resolve: { conditions: ["source"], externalConditions: ["source"] } },
        test: {
          name: "source",
          include: [
            "packages/*/{src,generate}/**/*.test.ts",
            "apps/*/src/**/*.test.ts",
            "bench/src/**/*.test.ts",
            "docs/**/*.test.ts",
          ],
          execArgv: ["--conditions=source"],
          // A worker loads what files have in common once: without it, a third of the time goes to loading it again.
          isolate: false,
          globalSetup,
          ...timeouts,
        },
      },
      {
        // Packages as strangers get them: built, packed and installed elsewhere.
        test: {
          name: "packed",
          include: ["packed/*.test.ts"],
          globalSetup: [...globalSetup, "packed/testing/setup.ts"],
          hookTimeout: 60_000,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
