import { readFile } from "node:fs/promises";
import type { AccessTable } from "@countersign/guard";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { openTestIssuer, type TestIssuer } from "../services/testing/test-issuer.ts";
import { createIssuerGuard } from "./guard.ts";
import { createRouter, type IssuerRouter } from "./router.ts";

const file = new URL("../../../../docs/authorization.md", import.meta.url);

let issuer: TestIssuer;
let router: IssuerRouter;
let table: AccessTable;
let text: string;
beforeAll(async () => {
  issuer = await openTestIssuer();
  const guard = createIssuerGuard(issuer.verifier);
  router = createRouter(guard, issuer.services);
  table = await guard.seal(router);
  text = await readFile(file, "utf8");
});
afterAll(() => issuer.close());

/** The rows of the table under a heading, cell by cell. */
function rows(heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

interface Schemas {
  readonly inputs: readonly z.ZodType[];
  readonly output?: z.ZodType;
}

/** What tRPC keeps of every procedure, by path. */
function procedures(): [path: string, Schemas][] {
  return Object.entries<{ _def: Schemas }>(router._def.procedures as never).map(([path, { _def }]) => [path, _def]);
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function jsonOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: "any" });
}

/** The objects in a schema, by the path to them. */
function* objectsIn(schema: JsonSchema, path = ""): Generator<[string, JsonSchema]> {
  for (const one of schema.anyOf ?? []) yield* objectsIn(one as JsonSchema, path);
  if (schema.type === "array") yield* objectsIn(schema.items as JsonSchema, path);
  if (schema.type !== "object") return;
  yield [path, schema];
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    yield* objectsIn(one as JsonSchema, `${path}${name}.`);
  }
}

/** The names of all fields, of lists and objects inside as well. */
function fieldsOf(schema: z.ZodType | undefined, io: "input" | "output"): string {
  if (!schema) return "";
  const names = [...objectsIn(jsonOf(schema, io))].flatMap(([path, { properties }]) =>
    Object.keys(properties ?? {}).map((name) => path + name),
  );
  return [...new Set(names)].join(", ");
}

function whoMay(path: string): string {
  const policy = table[path];
  if (!policy || "open" in policy) return "anybody";
  return "allowed" in policy ? `\`${policy.allowed.join(" ")}\`` : "signed in";
}

describe("the rules of access, as they are documented", () => {
  test("ASVS 8.1.1, 8.1.2: every procedure, who may call it, what it takes and what it shows, are the router's", () => {
    const real = procedures().map(([path, { inputs, output }]) => [
      path,
      whoMay(path),
      fieldsOf(inputs[0], "input"),
      fieldsOf(output, "output"),
    ]);
    expect(rows("Functions and fields").sort()).toEqual(real.sort());
  });

  test("ASVS 8.1.1: every noun of the API has its rule about whose things it touches", () => {
    const nouns = new Set(procedures().map(([path]) => path.split(".")[0]));
    expect(rows("Whose things").map(([noun]) => noun)).toEqual([...nouns].sort());
  });

  test("ASVS 8.2.3: no procedure takes a field that it does not know, or answers without saying what", () => {
    const loose: string[] = [];
    for (const [path, { inputs, output }] of procedures()) {
      expect(output, path).toBeDefined();
      expect(inputs.length, path).toBeLessThanOrEqual(1);
      for (const [inside, { additionalProperties }] of inputs.flatMap((one) => [...objectsIn(jsonOf(one, "input"))])) {
        // Strict objects say false, and records say what is in them.
        const closed = additionalProperties === false || Object.keys(additionalProperties ?? {}).length > 0;
        if (!closed) loose.push(path + (inside && ` ${inside}`));
      }
    }
    // What is in these the installation's own schemas say (`services/accounts/metadata.ts`).
    expect(loose).toEqual(["users.setMetadata public.", "users.setMetadata private."]);
  });
});
