import type { OwnVerifier } from "@countersign/guard";
import type { FastifyPluginAsync } from "fastify";
import type { z } from "zod";
import { createIssuerGuard } from "./api/guard.ts";
import { createRouter } from "./api/router.ts";
import { createFetch, type IssuerFetch } from "./http/fetch.ts";
import { createPlugin } from "./http/plugin.ts";
import type { IssuerOptions } from "./issuer-options.ts";
import type { Accounts } from "./services/accounts/accounts.ts";
import type { MetadataChange, MetadataOf, MetadataSchemas } from "./services/accounts/metadata.ts";
import { wire } from "./wiring.ts";

export type { IssuerOptions } from "./issuer-options.ts";

/** The accounts, for the program that the issuer runs in. Nobody is asked whether they may. */
export interface IssuerAccounts<M extends MetadataSchemas> {
  /** @throws {Refusal} `not_found`; `internal` where the metadata that is kept no longer fits its schema */
  get(id: string): Promise<IssuerAccount<M>>;
  /**
   * Replaces each part of the metadata that is given, whole; the other stays. What tokens say of it follows with their next
   * refresh. With `narrowed` the tokens that the account has now are refused and refreshed instead of living on: for when
   * something was taken away, also without any part where claims come from elsewhere.
   *
   * @throws {Refusal} `not_found`, `bad_request` for what does not fit the schema, `too_large` beyond 8 KiB a part
   */
  setMetadata(id: string, change: MetadataChange<M>): Promise<void>;
}

export interface IssuerAccount<M extends MetadataSchemas> {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly metadata: MetadataOf<M>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly disabledAt: number | null;
}

/** An issuer in this process. It reads no environment and installs no signal handler. */
export interface Issuer<M extends MetadataSchemas = MetadataSchemas> {
  /** Its identifier, and the audience of its own API. */
  readonly issuer: string;
  /**
   * All its routes, for your Fastify: `/trpc`, `/session/*`, `/feed`, `/.well-known/*`, `/setup`, `/livez`, `/readyz`, under
   * the path of its URL. Register it without a prefix.
   */
  readonly plugin: FastifyPluginAsync;
  /** The same routes for hosts that speak `Request` and `Response`: route handlers of Next, Hono, Bun. Needs no `this`. */
  readonly fetch: IssuerFetch;
  /** For guards in this process: no key set is fetched, and what is revoked here is known at once. */
  readonly verifier: OwnVerifier;
  readonly accounts: IssuerAccounts<M>;
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
 * @throws {StartError} with a sentence, for a master key file that cannot be used
 * @throws {Error} with a sentence, where the database belongs to another master key, or may not be written
 * @throws {Refusal} `unavailable` without a database
 */
export async function createIssuer<C extends z.ZodType<object>, M extends MetadataSchemas>(
  options: IssuerOptions<C, M>,
): Promise<Issuer<M>> {
  const { services, verifier, store, close } = await wire(options);
  const guard = createIssuerGuard(verifier);
  const router = createRouter(guard, services);
  await guard.seal(router);
  const plugin = createPlugin({ services, verifier, api: { router, guard } });
  return Object.freeze({
    issuer: services.issuer,
    plugin,
    fetch: createFetch({ issuer: services.issuer, plugin, logger: options.logger }),
    verifier,
    accounts: accountsOf<M>(services.accounts),
    migrate: () => store.migrate(),
    setUpLink: () => services.setUp.link(),
    close,
  });
}

function accountsOf<M extends MetadataSchemas>({ get, setMetadataAsProgram }: Accounts): IssuerAccounts<M> {
  return Object.freeze({
    get: async (id) => {
      const account = await get({ id });
      // Read by these very schemas.
      return { ...account, metadata: account.metadata as MetadataOf<M> };
    },
    setMetadata: setMetadataAsProgram,
  } satisfies IssuerAccounts<M>);
}
