import { hostname } from "node:os";
import { join } from "node:path";
import { type CountersignClient, createClient } from "@countersign/client";
import { type Ask, createAsk } from "./ask.ts";
import { trustAuthorities } from "./ca.ts";
import type { Environment } from "./environment.ts";
import { Failure } from "./failure.ts";
import { addressOf, type Globals, profileName, serverUrl } from "./globals.ts";
import { readText, readTextLines } from "./text-file.ts";
import { createTokenFile, type TokenFile } from "./token-file.ts";

/** What a command works with. */
export interface Context {
  readonly ask: Ask;
  /** `--email`, if it was given. */
  readonly email: string | undefined;
  /** The text of a file, or for `-` of standard input. @throws {Failure} `localFile` */
  read(file: string): Promise<string>;
  /** The same line by line, of any length. */
  lines(file: string): AsyncIterable<string>;
  /**
   * The server: the one that a link names, else the one of option or environment. There is one a run.
   *
   * @throws {Failure} `localFile` where the tokens at rest cannot be used
   */
  connect(link?: URL): Promise<CountersignClient>;
  /** The same, with a session. @throws {Failure} `signedOut` before any call is made */
  signedIn(): Promise<CountersignClient>;
  /** The server's address as people know it. */
  server(): string;
  /** Whether it is also the one that the next command talks to, without a link. */
  isChosen(): boolean;
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

  const opened = (link?: URL) => {
    if (link && globals.url !== undefined && addressOf(serverUrl(globals, environment)) !== addressOf(link)) {
      throw new Failure("usage", "The link leads to another server than --url.", "Leave --url out.");
    }
    open ??= openServer(link ?? serverUrl(globals, environment), globals, environment);
    return open;
  };

  const check = () => {
    const problem = open?.tokens.problem();
    if (problem) throw problem;
  };

  const connect = async (link?: URL) => {
    const { client } = opened(link);
    await client.session.ready();
    check();
    return client;
  };

  return {
    ask: createAsk({
      input: streams.stdin,
      output: streams.stderr,
      passwordStdin: globals.passwordStdin ?? false,
    }),
    email: globals.email,
    read: (file) => readText(file, environment.folder, streams.stdin),
    lines: (file) => readTextLines(file, environment.folder, streams.stdin),
    connect,
    signedIn: async () => {
      const client = await connect();
      if (client.session.state.status === "signed-out") {
        throw new Failure("signedOut", "You are not signed in.", "Sign in: countersign login");
      }
      return client;
    },
    server: () => addressOf(opened().url),
    isChosen: () => addressOf(opened().url) === addressOf(serverUrl(globals, environment)),
    check,
    close: () => open?.client.dispose(),
  };
}

function openServer(url: URL, globals: Globals, environment: Environment) {
  trustAuthorities(url, globals.ca, environment);
  const folder = join(environment.configDir, profileName(globals));
  const tokens = createTokenFile({ folder, issuer: url });
  const client = createClient({ url: addressOf(url), client: "cli", storage: tokens.storage, fetch: namedFetch });
  return { url, tokens, client };
}

/** What the owner of a session recognises it by, among the others in the list. */
const userAgent = `countersign on ${hostname()}`.replace(/[^ -~]/g, "?");

const namedFetch: typeof fetch = (input, init) => {
  const request = new Request(input, init);
  request.headers.set("user-agent", userAgent);
  return fetch(request);
};
