import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { issuerTypes } from "./issuer-types.ts";

const file = new URL("../src/api.ts", import.meta.url);

test("the client's types are what the issuer's router says: `npx -y pnpm@12 generate` writes them anew", async () => {
  const real = issuerTypes();
  // The difference is what a reviewer looks at.
  if (process.env["GENERATE"]) await writeFile(file, real);
  expect(await readFile(file, "utf8")).toBe(real);
});

test("they name tRPC, and nothing that a stranger cannot find", async () => {
  const text = await readFile(file, "utf8");
  expect([...text.matchAll(/\b(?:from|import\() ?"([^"]+)"/g)].map(([, name]) => name)).toEqual(["@trpc/server"]);
});
