import { join } from "node:path";
import { type CountersignClient, createClient } from "@countersign/client";
import { type Ask, createAsk } from "./ask.ts";
import { trustAuthorities } from "./ca.ts";
import type { Environment } from "./environment.ts";
import { Failure } from "./failure.ts";
import { type Globals, profileName, serverUrl } from "./globals.ts";
import { createTokenFile, type TokenFile } from "./token-file.ts";

/** What a command works with. */
export interface Context {
  readonly ask: Ask;
  /** `--email`, if it was given. */
  readonly email: string | undefined;
  /** The server: the one that a link names, else the one of option or environment. There is one a run. */
  connect(link?: URL): CountersignClient;
  /** The same, with a session. @throws {Failure} `signedOut` before any call is made */
  signedIn(): Promise<CountersignClient>;
  /** The server's address as people know it. */
  server(): string;
}

export interface Surroundings {
  readonly globals: Globals;
  readonly environment: Environment;
  readonly streams: Pick<NodeJS.Process, "stdin" | "stderr">;
}

/** A context and its end. */
export interface OpenContext extends Context {
  /** @throws {Failure} `localFile` when the tokens could not be kept, which the SDK bears in silence */
  check(): void;
  /** Lets the process go. */
  close(): void;
}

/** The context of one command. */
export function createContext({ globals, environment, streams }: Surroundings): OpenContext {
  let open: { readonly url: URL; readonly client: CountersignClient; readonly tokens: TokenFile } | undefined;

  const connect = (link?: URL) => {
    open ??= openServer(link ?? serverUrl(globals, environment), globals, environment);
    return open;
  };

  const check = () => {
    const problem = open?.tokens.problem();
    if (problem) throw problem;
  };

  return {
    ask: createAsk({
      input: streams.stdin,
      output: streams.stderr,
      passwordStdin: globals.passwordStdin ?? false,
    }),
    email: globals.email,
    connect: (link) => connect(link).client,
    signedIn: async () => {
      const { client } = connect();
      const { status } = await client.session.ready();
      check();
      if (status === "signed-out")
        throw new Failure("signedOut", "You are not signed in.", "Sign in: countersign login");
      return client;
    },
    server: () => connect().url.origin,
    check,
    close: () => open?.client.dispose(),
  };
}

function openServer(url: URL, globals: Globals, environment: Environment) {
  trustAuthorities(url, globals.ca, environment);
  const folder = join(environment.configDir, profileName(globals));
  const tokens = createTokenFile({ folder, issuer: url });
  return { url, tokens, client: createClient({ url: url.origin, client: "cli", storage: tokens.storage }) };
}
