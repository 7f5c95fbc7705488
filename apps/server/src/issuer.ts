import type { Verifier } from "@countersign/guard";
import type { FastifyPluginAsync } from "fastify";
import { createIssuerGuard } from "./api/guard.ts";
import { createRouter } from "./api/router.ts";
import { createPlugin } from "./http/plugin.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import { wire } from "./wiring.ts";

export type { IssuerOptions } from "./issuer-options.ts";

/** An issuer in this process. It reads no environment and installs no signal handler. */
export interface Issuer {
  /** Its identifier, and the audience of its own API. */
  readonly issuer: string;
  /** All its routes: `/trpc`, `/session/*`, `/.well-known/*`, `/setup`, `/livez`, `/readyz`. */
  readonly plugin: FastifyPluginAsync;
  /** For guards in this process: no key set is fetched, and what is revoked here is known at once. */
  readonly verifier: Verifier;
  /** Brings the schema up to date. `createIssuer` has done so; again is harmless. */
  migrate(): Promise<void>;
  /** A fresh set-up link in place of any earlier one; `undefined` when there is an administrator. */
  setUpLink(): Promise<string | undefined>;
  /** Ends what runs in the background, and closes the database. A pool that was given stays open. */
  close(): Promise<void>;
}

/**
 * Opens an issuer over its database.
 *
 * @throws {TypeError} for options that make no sense
 * @throws {Error} with a sentence, where the database belongs to another master key
 * @throws {Refusal} `unavailable` without a database
 */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const { services, verifier, store, close } = await wire(options);
  const guard = createIssuerGuard(verifier);
  const router = createRouter(guard, services);
  await guard.seal(router);
  return Object.freeze({
    issuer: services.issuer,
    plugin: createPlugin({ services, api: { router, guard } }),
    verifier,
    migrate: () => store.migrate(),
    setUpLink: () => services.setUp.link(),
    close,
  });
}
