import { fileURLToPath } from "node:url";
import type { IssuerOptions } from "@countersign/server";
import type { ServedIssuerOptions } from "./served-issuer.ts";
import { createServerProcess, type ServerProcess } from "./server-process.ts";

const main = fileURLToPath(new URL("./issuer-program.ts", import.meta.url));

/** Those options of an issuer that another process can be told. */
export type TellableOptions = Pick<IssuerOptions, "clients" | "lifetimes">;

/**
 * An issuer in a process of its own, with settings that the standalone server does not have: lives of seconds, and an app
 * of somebody's.
 *
 * @param notes the identifier of an API that it has tokens for
 */
export function createIssuerProcess(issuer: string, notes: string, options: TellableOptions): Promise<ServerProcess> {
  const { pathname } = new URL(issuer);
  return createServerProcess(({ folder, port }) => ({
    main,
    args: [JSON.stringify({ ...options, issuer, notes, folder, port } satisfies ServedIssuerOptions)],
    ready: `${pathname.replace(/\/$/, "")}/readyz`,
  }));
}
