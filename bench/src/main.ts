import { parseArgs } from "node:util";
import { benches } from "./benches.ts";
import type { Result } from "./harness/bench.ts";
import { table } from "./harness/table.ts";

const { values, positionals: names } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "10" },
    "warm-up": { type: "string", default: "6" },
    only: { type: "string", multiple: true },
  },
  allowPositionals: true,
});
const options = {
  rounds: atLeastOne("rounds", values.rounds),
  seconds: atLeastOne("seconds", values.seconds),
  warmUp: atLeastOne("warm-up", values["warm-up"]),
  takesPart: (name: string) => values.only?.includes(name) ?? true,
};
const unknown = names.find((name) => !benches.some((bench) => bench.name === name));
if (unknown !== undefined) {
  throw new Error(`no bench is called ${unknown}; there are ${benches.map(({ name }) => name).join(", ")}`);
}

const results: Record<string, Result> = {};
for (const bench of benches.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const result = await bench.run(options);
  results[bench.name] = result;
  if (!values.json) process.stdout.write(`${bench.name}: ${bench.question}\n${table(result)}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify({ options, results }, null, 2)}\n`);

function atLeastOne(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number of at least 1`);
  return value;
}
