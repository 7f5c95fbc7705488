import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sealedTables } from "../store/sealed.ts";

test("ASVS 11.1.2: the inventory of keys and secrets that are kept names every place where one is", () => {
  const page = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [section = ""] = /^\| Encrypted in .*?\n\n/ms.exec(page) ?? [];
  const named = [...section.matchAll(/^\| `([a-z_]+)`/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(Object.keys(sealedTables).sort());
});
