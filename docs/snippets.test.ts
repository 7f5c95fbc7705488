import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const scratch = new URL("docs/.snippets/", root);
const documents = [
  "README.md",
  ...readdirSync(new URL("docs/", root))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...["packages/tokens", "packages/guard", "packages/client", "apps/server"].map((folder) => `${folder}/README.md`),
];

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The TypeScript of a document, a file a block; `// name.ts` on a block's first line names it for the others. */
function snippets(document: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, body = ""] of readFileSync(new URL(document, root), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    found.set(/^\/\/ ([\w-]+\.ts)\n/.exec(body)?.[1] ?? `block-${found.size}.ts`, body);
  }
  return found;
}

describe("what the documents show", () => {
  test("every TypeScript block in them compiles as it stands", { timeout: 120_000 }, () => {
    rmSync(scratch, { recursive: true, force: true });
    for (const document of documents) {
      const folder = new URL(`${document.replaceAll("/", "-")}/`, scratch);
      mkdirSync(folder, { recursive: true });
      for (const [name, body] of snippets(document)) writeFileSync(new URL(name, folder), `${body}\nexport {};\n`);
    }
    const options = { extends: "../../tsconfig.base.json", compilerOptions: { noEmit: true }, include: ["**/*.ts"] };
    writeFileSync(new URL("tsconfig.json", scratch), JSON.stringify(options));
    let output = "";
    try {
      execFileSync("tsc", ["-p", ".", "--checkers", "1"], { cwd: scratch, encoding: "utf8" });
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    expect(output).toBe("");
  });
});
