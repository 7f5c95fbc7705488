import type { AccessDeclaration } from "@countersign/tokens";
import { type AccessReport, affected, hasUndeclared, removalTable, reportTable } from "../access-report.ts";
import { command } from "../command.ts";
import { Failure } from "../failure.ts";
import { inWords } from "../in-words.ts";

const words = {
  not_permitted: {
    says: "Your account may not push this.",
    next: "It takes access:write; and only administrators put into roles, or take out of them, what they do not hold.",
  },
  invalid_target: {
    says: "This is the server's own address.",
    next: "What holds at the server itself is declared where it is started.",
  },
};
const builtIn = { says: "The roles administrator and member are built in: no API declares them." };
const changed = {
  says: "Something has changed since this was shown; nothing was done.",
  next: "Look at it again: the same command",
};

export const push = command({
  name: "push",
  says: "make an API known, or bring it up to date, as a file declares it: its permissions, roles and procedures",
  parameters: ["file"],
  forms: {
    file: {
      says: "a JSON file: audience, permissions, roles, procedures; - is standard input",
      fits: (text) => text !== "",
    },
  },
  options: {
    dryRun: { kind: "switch", says: "show what would change, and change nothing" },
    prune: { kind: "switch", says: "also remove what is not declared any more, after showing who is affected" },
    yes: { kind: "switch", says: "do not ask" },
  },
  run: async (context, { file, dryRun, prune, yes }) => {
    const declaration = await readDeclaration(file, await context.read(file));
    const { api } = await context.signedIn();
    const ask = (options: { readonly dryRun: boolean; readonly plan?: string }) =>
      inWords(api.access.push.mutate({ declaration, prune, ...options }), {
        ...words,
        conflict: options.plan === undefined ? builtIn : changed,
      });

    if (dryRun || !prune || yes) return answer(await ask({ dryRun }), { dryRun, prune });
    const preview = await ask({ dryRun: true });
    if (hasUndeclared(preview)) await context.ask.confirm(question(preview), false);
    // Only what was shown: a role that grew meanwhile is shown again.
    return answer(await ask({ dryRun: false, plan: preview.plan }), { dryRun, prune });
  },
});

async function readDeclaration(file: string, text: string): Promise<AccessDeclaration> {
  const { readAccessDeclaration } = await import("@countersign/tokens");
  const name = file === "-" ? "Standard input" : file;
  try {
    return readAccessDeclaration(JSON.parse(text));
  } catch (cause) {
    const says = cause instanceof TypeError ? `does not declare access: ${cause.message}` : "holds no JSON";
    throw new Failure("localFile", `${name} ${says}.`, undefined, { cause });
  }
}

function question(report: AccessReport): string {
  const plain = { head: (text: string) => text, faint: (text: string) => text };
  return `What is not declared any more goes:\n\n${removalTable(report).text(plain)}\n${affected(report)} Remove it?`;
}

function answer(report: AccessReport, { dryRun, prune }: { readonly dryRun: boolean; readonly prune: boolean }) {
  const undeclared = hasUndeclared(report);
  const changes = adds(report) || (prune && undeclared);
  const said = !changes ? "Nothing to change." : dryRun ? "A dry run: nothing was changed." : "Pushed.";
  const stays = "What stands in parentheses is not declared any more, and stays until --prune.";
  const more = undeclared ? [prune ? affected(report) : stays] : [];
  return { ...reportTable(report, prune ? "-" : "(-)"), note: [said, ...more].join("\n") };
}

function adds({ added: { audience, permissions, procedures, roles } }: AccessReport): boolean {
  return audience || procedures || permissions.length > 0 || roles.length > 0;
}
