import { defineConfig } from "vitest/config";

export default defineConfig({
  // Packages resolve to their source: no build before a test.
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"], externalConditions: ["source"] } },
  test: {
    include: [
      "packages/*/{src,generate}/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "bench/src/**/*.test.ts",
      "docs/**/*.test.ts",
    ],
    execArgv: ["--conditions=source"],
    hookTimeout: 60_000,
    testTimeout: 30_000,
  },
});
