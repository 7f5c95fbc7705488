import { Failure } from "./failure.ts";

/** Where a link leads, and the secret that it carries. */
export interface SecretLink {
  readonly url: URL;
  readonly secret: string;
}

/**
 * Takes a link apart that carries a secret behind its `#`, where no server and no log sees it.
 *
 * @param path where it leads at its server, behind the server's own path
 * @throws {Failure} `usage` for anything but an https link to the given path with a secret
 */
export function readLink(text: string, path: string): SecretLink {
  const url = URL.parse(text.trim());
  const secret = url?.hash.slice(1) ?? "";
  if (url?.protocol === "https:" && url.pathname.endsWith(path) && secret !== "") {
    return { url: new URL(url.origin + url.pathname.slice(0, -path.length)), secret };
  }
  throw new Failure(
    "usage",
    `A link looks like https://auth.example.com${path}#…`,
    "Quote it: a shell may cut it at the #.",
  );
}
