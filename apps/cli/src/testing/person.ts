import { join } from "node:path";
import { type Countersign, countersign, type Ran } from "./cli.ts";

/** Somebody at a machine: a home of their own, and a server to talk to. */
export interface Person {
  readonly env: Readonly<Record<string, string>>;
  /** Runs the program; a password goes in on standard input. */
  run(args: string, password?: string): Promise<Ran>;
}

/**
 * `home` keeps what the program keeps; `env` is what else stands in the environment; `program` runs the commands, each in
 * a process of its own unless given.
 */
export function personAt(
  home: string,
  env: Readonly<Record<string, string>>,
  program: Countersign = countersign,
): Person {
  const own = { HOME: home, XDG_CONFIG_HOME: join(home, ".config"), ...env };
  return {
    env: own,
    run: (args, password) => {
      const words = args.split(" ").filter(Boolean);
      const stdin = password === undefined ? [] : ["--password-stdin"];
      return program([...words, ...stdin], {
        cwd: home,
        env: own,
        ...(password !== undefined && { input: `${password}\n` }),
      });
    },
  };
}
