import { describe, expect, test } from "vitest";
import { benches } from "./benches.ts";
import { table } from "./harness/table.ts";

const quick = { rounds: 1, seconds: 1, warmUp: 0 };
/** `start-up` needs a build, and the parts of `types` are run by the guard's own test of its cost. */
const needsMore = ["start-up", "types"];

describe("every bench runs", () => {
  test.each(benches.filter(({ name }) => !needsMore.includes(name)))(
    "$name",
    async (bench) => {
      const few = [
        "raw-http",
        "unguarded-official",
        "middleware-official",
        "guarded-official",
        "sqlite",
        "postgres",
        "1000",
      ];
      const takesPart = (name: string) => few.includes(name);
      const result = await bench.run({ ...quick, takesPart });
      const missing = result.figures.filter(({ value }) => !Number.isFinite(value)).map(({ name }) => name);
      // Of a single second's few first calls all may be sent away: then nobody measured how long they took.
      expect(missing.filter((name) => !/ p99 flooded/.test(name))).toEqual([]);
      expect(table(result).split("\n").length).toBeGreaterThan(result.figures.length);
    },
    120_000,
  );
});
