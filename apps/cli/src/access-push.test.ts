import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccessDeclaration } from "@countersign/tokens";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { push } from "./commands/access-push.ts";
import { createContext } from "./context.ts";
import { countersign } from "./testing/cli.ts";
import { type Person, personAt } from "./testing/person.ts";
import { startResidentCli } from "./testing/resident-cli.ts";
import { makeScratchFolder } from "./testing/scratch.ts";
import { type Server, startServer } from "./testing/server.ts";

const ANN = "seven plums in winter";
const BOB = "a kite over the harbour";

const cli = startResidentCli();
let server: Server;
let ann: Person;
let bob: Person;
let bobId: string;
const homes: string[] = [];
let files = 0;
let apis = 0;
let notes: AccessDeclaration;
/** Role names of a test: roles outlive it, and are one list for the whole server. */
let editor: string;
let reader: string;

function person(): Person {
  const home = makeScratchFolder();
  homes.push(home);
  return personAt(home, { COUNTERSIGN_URL: server.url, COUNTERSIGN_DATA_DIR: server.dataDir }, cli.run);
}

/** A file in the folder where Ann stands, by its name there. */
function fileOf(declaration: unknown): string {
  files += 1;
  const name = `access-${files}.json`;
  writeFileSync(
    join(homes[0] ?? "", name),
    typeof declaration === "string" ? declaration : JSON.stringify(declaration),
  );
  return name;
}

beforeAll(async () => {
  server = await startServer();
  ann = person();
  bob = person();
  await ann.run(`setup ${server.setUpLink} --email ann@example.com --name Ann`, ANN);
  const link = (await ann.run("invitations create bob@example.com")).stdout.trim();
  await bob.run(`sign-up ${link} --email bob@example.com --name Bob`, BOB);
  bobId = JSON.parse((await bob.run("whoami --json")).stdout).id;
});
afterAll(async () => {
  await cli.stop();
  await server?.stop();
  for (const home of homes) rmSync(home, { recursive: true });
});

beforeEach(() => {
  apis += 1;
  [editor, reader] = [`editor-${apis}`, `reader-${apis}`];
  notes = {
    audience: `https://notes-${apis}.example`,
    permissions: ["notes:read", "notes:write"],
    roles: {
      [editor]: { description: "Writes", permissions: ["notes:read", "notes:write"] },
      [reader]: { permissions: ["notes:read"] },
    },
  };
});
/** The same API without writing. */
const less = () => ({ ...notes, permissions: ["notes:read"], roles: { [reader]: { permissions: ["notes:read"] } } });
const lines = (table: string) =>
  table
    .trimEnd()
    .split("\n")
    .map((line) => line.replaceAll(/ {2,}/g, " | "));

describe("a push", () => {
  test("shows what it added, a change a line, and the next one finds nothing to do", async () => {
    const file = fileOf(notes);
    const first = await ann.run(`access push ${file}`);
    expect({ ...first, stdout: lines(first.stdout) }).toEqual({
      code: 0,
      stderr: "Pushed.\n",
      stdout: [
        "CHANGE | WHAT | NAME | PERMISSIONS | ACCOUNTS",
        `+ | API | ${notes.audience}`,
        "+ | permission | notes:read",
        "+ | permission | notes:write",
        `+ | role | ${editor} | notes:read notes:write`,
        `+ | role | ${reader} | notes:read`,
      ],
    });
    expect(await ann.run(`access push ${file}`)).toEqual({ code: 0, stdout: "", stderr: "Nothing to change.\n" });
    expect((await ann.run("audiences")).stdout).toMatch(
      new RegExp(`^${notes.audience} +notes:read notes:write +${editor} ${reader}$`, "m"),
    );
  });

  test("comes from standard input as well, and with --json answers the server's report", async () => {
    const options = { env: ann.env, input: JSON.stringify(notes) };
    const { code, stdout, stderr } = await countersign(["access", "push", "-", "--json"], options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ audience: notes.audience, added: { audience: true }, undeclared: {} });
  });

  test("with --dry-run shows the same and changes nothing", async () => {
    const dry = await ann.run(`access push ${fileOf(notes)} --dry-run`);
    expect(dry).toMatchObject({ code: 0, stderr: "A dry run: nothing was changed.\n" });
    expect((await ann.run("audiences")).stdout).not.toContain(notes.audience);
    expect((await ann.run(`access push ${fileOf(notes)}`)).stdout).toBe(dry.stdout);
  });

  test("keeps what is not declared any more, in parentheses, and shows a role that grew with who holds it", async () => {
    await ann.run(`access push ${fileOf({ ...notes, roles: { [editor]: { permissions: ["notes:write"] } } })}`);
    await ann.run(`roles grant ${bobId} ${editor}`);
    const grown = { ...notes, permissions: ["notes:read"], roles: { [editor]: { permissions: ["notes:read"] } } };
    const { stdout, stderr } = await ann.run(`access push ${fileOf(grown)}`);
    expect(lines(stdout).slice(1)).toEqual([
      `~ | role | ${editor} | +notes:read | 1`,
      "(-) | permission | notes:write | 1",
      `(~) | role | ${editor} | -notes:write | 1`,
    ]);
    expect(stderr).toContain("stays until --prune");
  });
});

describe("--prune", () => {
  beforeEach(async () => {
    await ann.run(`access push ${fileOf(notes)}`);
    await ann.run(`roles grant ${bobId} ${editor}`);
  });

  test("wants --yes where nobody can be asked, and then takes away and says from whom", async () => {
    const file = fileOf(less());
    const silent = await ann.run(`access push ${file} --prune`);
    expect(silent).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--yes") });
    expect((await ann.run("roles list")).stdout).toContain(editor);
    const { code, stdout, stderr } = await ann.run(`access push ${file} --prune --yes`);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "Pushed.\n1 account loses something by it: bob@example.com.\n",
    });
    expect(lines(stdout).slice(1)).toEqual([
      "- | permission | notes:write | 1",
      `- | role | ${editor} | -notes:read -notes:write | 1`,
    ]);
    expect((await ann.run("roles list")).stdout).not.toContain(editor);
  });

  test("with --dry-run shows what would go, and asks for nothing", async () => {
    const { code, stdout, stderr } = await ann.run(`access push ${fileOf(less())} --prune --dry-run`);
    expect(code).toBe(0);
    expect(stderr).toContain("nothing was changed.\n1 account loses something by it: bob@example.com.");
    expect(stdout).toContain(`role        ${editor}`);
    expect((await ann.run("roles list")).stdout).toContain(editor);
  });

  /** The command at a terminal, with somebody who reads the question and answers. */
  async function atTerminal(file: string, answer: (question: string) => Promise<void>) {
    const context = createContext({
      globals: {},
      environment: {
        url: server.url,
        configDir: join(ann.env["XDG_CONFIG_HOME"] ?? "", "countersign"),
        dataDir: server.dataDir,
        folder: homes[0] ?? "",
        plain: true,
      },
      streams: process,
    });
    try {
      const ask = { ...context.ask, confirm: answer };
      return await push.run({ ...context, ask }, { file, prune: true, dryRun: false, yes: false });
    } finally {
      context.close();
    }
  }

  test("at a terminal shows what goes and who is affected before it asks, and a no changes nothing", async () => {
    const asked: string[] = [];
    const no = async (question: string) => {
      asked.push(question);
      throw new Error("no");
    };
    await expect(atTerminal(fileOf(less()), no)).rejects.toThrow("no");
    expect(asked).toEqual([
      expect.stringMatching(new RegExp(`${editor}.*-notes:write.*1 account.*bob@example.com`, "s")),
    ]);
    expect((await ann.run("roles list")).stdout).toContain(editor);
  });

  test("does only what was shown: what changes while somebody reads is refused, and not asked again", async () => {
    const file = fileOf(less());
    const meanwhile = async () => {
      await ann.run(`roles create late-${apis} --permission notes:write@${notes.audience}`);
    };
    await expect(atTerminal(file, meanwhile)).rejects.toMatchObject({
      words: { says: "Something has changed since this was shown; nothing was done." },
    });
    expect((await ann.run("roles list")).stdout).toContain(editor);
    await atTerminal(file, async () => undefined);
    expect((await ann.run("roles list")).stdout).not.toContain(editor);
  });

  test("asks nothing where nothing goes", async () => {
    const never = async () => {
      throw new Error("asked");
    };
    expect(await atTerminal(fileOf(notes), never)).toMatchObject({ note: "Nothing to change." });
  });
});

describe("a push that cannot be", () => {
  test("9: of a file that is not there, no JSON, or no declaration, with the place", async () => {
    const wrong = {
      "/nowhere/access.json": "/nowhere/access.json cannot be read.",
      [fileOf("{")]: "holds no JSON.",
      [fileOf({ ...notes, permissions: ["read notes"] })]: 'permissions[0]: "read notes" is not of the form noun:verb.',
      [fileOf('{"audience":"https://a.example","permissions":[],"roles":{"__proto__":{"permissions":[]}}}')]:
        "__proto__",
      [fileOf("x".repeat(1024 * 1024 + 1))]: "only the first megabyte",
    };
    for (const [file, says] of Object.entries(wrong)) {
      const ran = await ann.run(`access push ${file}`);
      expect(ran, file).toMatchObject({ code: 9, stdout: "", stderr: expect.stringContaining(says) });
    }
  });

  test("4: by a member", async () => {
    const refused = await bob.run(`access push ${join(homes[0] ?? "", fileOf(notes))}`);
    expect(refused).toMatchObject({ code: 4, stdout: "", stderr: expect.stringContaining("access:write") });
  });

  test("6: of the server itself, or of a built-in role", async () => {
    const wrong = [
      [{ audience: server.url, permissions: ["users:write"] }, "This is the server's own address."],
      [{ ...notes, roles: { administrator: { permissions: [] } } }, "built in"],
    ] as const;
    for (const [declaration, says] of wrong) {
      const ran = await ann.run(`access push ${fileOf(declaration)}`);
      expect(ran).toMatchObject({ code: 6, stdout: "", stderr: expect.stringContaining(says) });
    }
  });
});
