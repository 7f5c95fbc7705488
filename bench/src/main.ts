import { parseArgs } from "node:util";
import { signInFlood } from "./sign-in-flood.ts";
import { startUp } from "./start-up.ts";

const benches = { "start-up": startUp, "sign-in-flood": signInFlood };

const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
const chosen = Object.entries(benches).filter(([name]) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0) throw new Error(`no such bench: choose from ${Object.keys(benches).join(", ")}`);

const results: Record<string, object> = {};
for (const [name, bench] of chosen) {
  results[name] = await bench();
  if (!values.json) process.stdout.write(`${name}\n${table(results[name])}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);

function table(figures: object): string {
  const rows = Object.entries(figures);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value)}\n`).join("");
}
