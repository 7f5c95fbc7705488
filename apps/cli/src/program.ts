import { readFileSync } from "node:fs";
import { Command as Commander } from "commander";
import type { Command, Group, Option } from "./command.ts";
import { access } from "./commands/access.ts";
import { audiences } from "./commands/audiences.ts";
import { audit } from "./commands/audit.ts";
import { invitations } from "./commands/invitations.ts";
import { keys } from "./commands/keys.ts";
import { login } from "./commands/login.ts";
import { logout } from "./commands/logout.ts";
import { password } from "./commands/password.ts";
import { roles } from "./commands/roles.ts";
import { services } from "./commands/services.ts";
import { sessions } from "./commands/sessions.ts";
import { setup } from "./commands/setup.ts";
import { signUp } from "./commands/sign-up.ts";
import { token } from "./commands/token.ts";
import { users } from "./commands/users.ts";
import { whoami } from "./commands/whoami.ts";
import { exitHelp } from "./exit-codes.ts";
import { type Form, inForm } from "./forms.ts";
import { type Globals, globalOptions } from "./globals.ts";

/** All there is, in the order of the help. */
const commands: readonly (Command | Group)[] = [
  setup,
  signUp,
  login,
  logout,
  whoami,
  token,
  password,
  sessions,
  users,
  roles,
  invitations,
  services,
  audiences,
  access,
  keys,
  audit,
];

/** Does one command with what was given on the command line. */
export type Act = (command: Command, input: Readonly<Record<string, unknown>>, globals: Globals) => Promise<void>;

export interface Program {
  /** Reads a command line and does what it says. @throws {CommanderError} where it cannot be read, {Failure} */
  parse(argv: readonly string[]): Promise<void>;
  /** How to ask for the help of the command that the line named, as far as it was read. */
  help(): string;
}

/** The command line as commander reads it. */
export function createProgram({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">, act: Act): Program {
  const program = new Commander("countersign")
    .description("Sign in to a Countersign server, and administer it, from a terminal.")
    .version(version(), "--version")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Whoever catches the error says so, in the form that was asked for.
      outputError: () => undefined,
    })
    .addHelpText("after", `\n${exitHelp}`)
    .exitOverride();
  for (const [flags, says] of globalOptions) program.option(flags, says);
  for (const entry of commands) "commands" in entry ? addGroup(program, entry, act) : addCommand(program, entry, act);
  let reached = program;
  for (const parent of [program, ...program.commands]) {
    parent.hook("preSubcommand", (_parent, child) => {
      reached = child;
    });
  }
  return {
    parse: async (argv) => {
      await program.parseAsync(argv, { from: "user" });
    },
    help: () => `${pathOf(reached)} --help`,
  };
}

function pathOf(command: Commander): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function addGroup(program: Commander, group: Group, act: Act): void {
  const parent = program.command(group.name).description(group.says).helpCommand(false);
  // The noun alone asks for its first command, the one that shows what there is.
  for (const [at, command] of group.commands.entries()) addCommand(parent, command, act, at === 0);
}

function addCommand(parent: Commander, command: Command, act: Act, isDefault = false): void {
  const leaf = parent.command(command.name, { isDefault }).description(command.says);
  for (const parameter of command.parameters) {
    const name = parameter.replace(/\?$/, "");
    const shown = name === parameter ? `<${name}>` : `[${name}]`;
    const form = command.forms[name];
    if (form) leaf.argument(shown, form.says, (text: string) => inForm(`<${name}>`, text, form));
    else leaf.argument(shown);
  }
  for (const [name, option] of Object.entries(command.options)) addOption(leaf, name, option);
  leaf.action(async () => {
    const names = command.parameters.map((parameter) => parameter.replace(/\?$/, ""));
    const input = Object.fromEntries(names.map((name, at) => [name, leaf.processedArgs[at]]));
    await act(command, { ...input, ...optionsOf(command, leaf) }, leaf.optsWithGlobals());
  });
}

function addOption(leaf: Commander, name: string, { kind, says, value = "value", form = anything }: Option): void {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const read = (text: string) => inForm(flag, text, form);
  const add = {
    switch: () => leaf.option(flag, says),
    text: () => leaf.option(`${flag} <${value}>`, says, read),
    number: () => leaf.option(`${flag} <${value}>`, says, (text) => Number(read(text))),
    list: () => leaf.option(`${flag} <${value}>`, says, (one, all: readonly string[] = []) => [...all, read(one)]),
  };
  add[kind]();
}

/** What was given, and what "not given" means to each kind. */
function optionsOf(command: Command, leaf: Commander): Record<string, unknown> {
  const empty = { switch: false, text: undefined, number: undefined, list: [] };
  const absent = Object.entries(command.options).map(([name, { kind }]) => [name, empty[kind]]);
  return { ...Object.fromEntries(absent), ...leaf.opts() };
}

const anything: Form = { says: "anything", fits: () => true };

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
