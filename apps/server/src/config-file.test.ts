import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { readConfigFile } from "./config-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string, name = "countersign.config.ts") => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const read = (environment: Record<string, string> = {}) => readConfigFile(readConfig(environment), folder);

describe("countersign.config.ts", () => {
  test("need not be there", async () => {
    expect(await read()).toEqual({});
  });

  test.each(["ts", "mts", "js", "mjs"])("is found as .%s in the working directory", async (extension) => {
    write("export default { signUp: 'open', limits: {} };", `countersign.config.${extension}`);
    expect(await read()).toEqual({ signUp: "open", limits: {} });
  });

  test("is what the environment names, wherever it lies, and nothing else then", async () => {
    write("export default { signUp: 'open' };");
    const file = write("const closed: string = 'closed'; export default { signUp: closed };", "elsewhere.ts");
    expect(await read({ COUNTERSIGN_CONFIG_FILE: file })).toEqual({ signUp: "closed" });
    const missing = join(folder, "missing.ts");
    await expect(read({ COUNTERSIGN_CONFIG_FILE: missing })).rejects.toThrow(`${missing} is not there`);
  });

  test("is one file", async () => {
    write("export default {};");
    write("export default {};", "countersign.config.mjs");
    await expect(read()).rejects.toThrow("keep one");
  });

  test.each([
    ["no default export", "export const options = {};", "must export options by default"],
    ["a function", "export default () => ({});", "must export options by default"],
    ["a list", "export default [];", "must export options by default"],
    ["an option that is none", "export default { sigIn: [] };", "sigIn is not an option."],
    ["a prototype", "export default JSON.parse('{\"__proto__\":{}}');", "__proto__ is not an option."],
    [
      "the issuer",
      "export default { issuer: 'https://a.example' };",
      "the environment says it, by COUNTERSIGN_ISSUER.",
    ],
    ["the database", "export default { database: {} };", "by COUNTERSIGN_DATABASE_URL."],
    ["the master keys", "export default { masterKeys: [] };", "by COUNTERSIGN_MASTER_KEY_FILE."],
    ["lifetimes", "export default { lifetimes: {} };", "by COUNTERSIGN_ACCESS_TOKEN_LIFE,"],
    ["a logger", "export default { logger: console };", "by COUNTERSIGN_LOG_LEVEL."],
    ["a clock", "export default { world: {} };", "the clock is the machine's."],
    ["what is not there", "import './nothing.ts'; export default {};", "cannot be run. "],
    ["a package that is not there", "import 'left-pad'; export default {};", "cannot be run. "],
    ["an error", "throw new Error('no such tenant'); export default {};", "cannot be run. Error: no such tenant"],
    ["something thrown that is no error", "throw 1; export default {};", "cannot be run. it threw no error"],
  ])("does not start the program with %s, and says so in a sentence with its name", async (_, text, sentence) => {
    const file = write(text);
    const refused = read();
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toThrow(file);
    await expect(refused).rejects.toMatchObject({ name: "StartError" });
  });

  test("tells everything that is wrong at once", async () => {
    write("export default { issuer: 'a', sigIn: [] };");
    await expect(read()).rejects.toThrow(/issuer is not said here[^\n]*\n[^\n]*sigIn is not an option/);
  });

  test.each([
    ["signUp", "COUNTERSIGN_SIGN_UP", "open"],
    ["audiences", "COUNTERSIGN_AUDIENCES", "{}"],
  ])("says %s only where the environment does not", async (name, variable, value) => {
    write(`export default { ${name}: undefined };`);
    await expect(read({ [variable]: value })).rejects.toThrow(`${name} is said here and by ${variable}: say it once.`);
    expect(await read()).toHaveProperty(name);
  });
});
