import { join } from "node:path";
import type { TokenStorage } from "@countersign/client";
import { Failure } from "./failure.ts";
import { addressOf } from "./globals.ts";
import { readPrivate, removePrivate, setAside, writePrivate } from "./private-file.ts";

export interface TokenFile {
  /** What the SDK keeps its session in. */
  readonly storage: TokenStorage;
  /** What went wrong with it, which the SDK bears in silence and which would look like being signed out. */
  problem(): Failure | undefined;
}

export interface TokenFileOptions {
  /** The folder of one profile. */
  readonly folder: string;
  /** Whose tokens these are. They rest apart from any other issuer's, and say so, so that none goes elsewhere. */
  readonly issuer: URL;
}

interface Content {
  readonly issuer: string;
  readonly key: string;
  readonly value: string;
}

/**
 * Tokens at rest: a file of mode 0600 for each issuer and key, in a folder of mode 0700. Every change replaces one whole
 * file, so that two processes at once need no lock and one that dies leaves none behind.
 *
 * Does not check: that nobody with the owner's rights changed it.
 */
export function createTokenFile({ folder, issuer }: TokenFileOptions): TokenFile {
  let problem: Failure | undefined;
  const address = addressOf(issuer);
  const path = address.slice(issuer.origin.length);
  const server = issuer.host.replaceAll(":", "+") + encodeURIComponent(path);
  const fileOf = (key: string) => join(folder, `${server}.${encodeURIComponent(key)}.json`);

  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      problem = error instanceof Failure ? error : unusable(folder, error);
      throw problem;
    }
  };

  return {
    problem: () => problem,
    storage: {
      get: (key) => guarded(() => read(fileOf(key), address, key)),
      set: (key, value) =>
        guarded(() => {
          // What stands there is judged first: nothing is written over a file that others may read, or over a strange one.
          read(fileOf(key), address, key);
          const content: Content = { issuer: address, key, value };
          writePrivate(fileOf(key), `${JSON.stringify(content, null, 2)}\n`);
        }),
      remove: (key) => guarded(() => removePrivate(fileOf(key))),
    },
  };
}

function read(file: string, issuer: string, key: string): string | null {
  const text = readPrivate(file);
  if (text === undefined) return null;
  const content = parse(text);
  if (content?.issuer === issuer && content.key === key) return content.value;
  throw new Failure(
    "localFile",
    `${file} is not what this program wrote; it is now ${setAside(file)}.`,
    "Sign in again: countersign login",
  );
}

function parse(text: string): Content | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return isContent(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== "object" || value === null) return false;
  const { issuer, key, value: kept } = value as Partial<Record<keyof Content, unknown>>;
  return typeof issuer === "string" && typeof key === "string" && typeof kept === "string";
}

function unusable(folder: string, cause: unknown): Failure {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new Failure("localFile", `Sign-ins cannot be kept in ${folder}${code}.`, "Is it yours, and is there space?", {
    cause,
  });
}
