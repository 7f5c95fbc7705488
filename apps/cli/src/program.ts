import { readFileSync } from "node:fs";
import { Command as Commander, InvalidArgumentError } from "commander";
import type { Command, Group, Option } from "./command.ts";
import { access } from "./commands/access.ts";
import { audit } from "./commands/audit.ts";
import { invitations } from "./commands/invitations.ts";
import { login } from "./commands/login.ts";
import { logout } from "./commands/logout.ts";
import { password } from "./commands/password.ts";
import { roles } from "./commands/roles.ts";
import { sessions } from "./commands/sessions.ts";
import { setup } from "./commands/setup.ts";
import { signUp } from "./commands/sign-up.ts";
import { token } from "./commands/token.ts";
import { users } from "./commands/users.ts";
import { whoami } from "./commands/whoami.ts";
import { exitHelp } from "./exit-codes.ts";
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
  access,
  audit,
];

/** Does one command with what was given on the command line. */
export type Act = (command: Command, input: Readonly<Record<string, unknown>>, globals: Globals) => Promise<void>;

/** The command line as commander reads it; it throws a CommanderError where it cannot. */
export function createProgram({ stdout, stderr }: Pick<NodeJS.Process, "stdout" | "stderr">, act: Act): Commander {
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
  return program;
}

function addGroup(program: Commander, group: Group, act: Act): void {
  const parent = program.command(group.name).description(group.says).helpCommand(false);
  for (const command of group.commands) addCommand(parent, command, act);
}

function addCommand(parent: Commander, command: Command, act: Act): void {
  const leaf = parent.command(command.name).description(command.says);
  for (const parameter of command.parameters) {
    leaf.argument(parameter.endsWith("?") ? `[${parameter.slice(0, -1)}]` : `<${parameter}>`);
  }
  for (const [name, option] of Object.entries(command.options)) addOption(leaf, name, option);
  leaf.action(async () => {
    const names = command.parameters.map((parameter) => parameter.replace(/\?$/, ""));
    const input = Object.fromEntries(names.map((name, at) => [name, leaf.processedArgs[at]]));
    await act(command, { ...input, ...optionsOf(command, leaf) }, leaf.optsWithGlobals());
  });
}

function addOption(leaf: Commander, name: string, { kind, says, value = "value" }: Option): void {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const add = {
    switch: () => leaf.option(flag, says),
    text: () => leaf.option(`${flag} <${value}>`, says),
    number: () => leaf.option(`${flag} <${value}>`, says, wholeNumber),
    list: () => leaf.option(`${flag} <${value}>`, says, (one, all: readonly string[] = []) => [...all, one]),
  };
  add[kind]();
}

/** What was given, and what "not given" means to each kind. */
function optionsOf(command: Command, leaf: Commander): Record<string, unknown> {
  const empty = { switch: false, text: undefined, number: undefined, list: [] };
  const absent = Object.entries(command.options).map(([name, { kind }]) => [name, empty[kind]]);
  return { ...Object.fromEntries(absent), ...leaf.opts() };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It has to be a whole number.");
  return Number(text);
}

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}
