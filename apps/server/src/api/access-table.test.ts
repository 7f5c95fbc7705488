import { readFile, writeFile } from "node:fs/promises";
import type { AccessTable } from "@countersign/guard";
import { expect, test } from "vitest";
import { openTestIssuer } from "../services/testing/test-issuer.ts";
import { createIssuerGuard } from "./guard.ts";
import { FEED_PERMISSION, permissions } from "./permissions.ts";
import { createRouter } from "./router.ts";

const file = new URL("./access-table.json", import.meta.url);

async function realTable(): Promise<AccessTable> {
  const { services, verifier, close } = await openTestIssuer();
  const guard = createIssuerGuard(verifier);
  const table = await guard.seal(createRouter(guard, services));
  await close();
  return table;
}

test("server case 10: the committed access table is the router's, procedure by procedure", async () => {
  const real = await realTable();
  // `npx -y pnpm@12 generate` writes it anew; the difference is what a reviewer looks at.
  if (process.env["GENERATE"]) await writeFile(file, `${JSON.stringify(real, null, 2)}\n`);
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ ...real });
});

test("every permission opens something, and nothing asks for one that does not exist", async () => {
  const policies = Object.values(await realTable());
  const asked = new Set(policies.flatMap((policy) => ("allowed" in policy ? policy.allowed : [])));
  expect([...asked, FEED_PERMISSION].sort()).toEqual([...permissions].sort());
});

test("ASVS 6.1.3: the procedures that anybody may call are these", async () => {
  const open = Object.entries(await realTable()).flatMap(([path, policy]) => ("open" in policy ? [path] : []));
  expect(open).toEqual([
    "keys.list",
    "services.token",
    "signIn.method",
    "signIn.password",
    "signIn.setUp",
    "signIn.signUp",
  ]);
});
