import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemWorld, type World } from "@countersign/tokens";
import type { FastifyInstance } from "fastify";
import { certificatesOf } from "./certificates.ts";
import type { Config } from "./config.ts";
import type { ConfigFile } from "./config-file.ts";
import { watchLateConnections } from "./http/late-connections.ts";
import { listening } from "./http/listening.ts";
import { createLog, type Log } from "./http/log.ts";
import { createPlainServer } from "./http/plain-port.ts";
import { createServer, tlsServerOf } from "./http/server.ts";
import { tlsOptions } from "./http/tls/options.ts";
import { writeFileAtomically } from "./http/tls/private-file.ts";
import { createIssuer, type Issuer } from "./issuer.ts";
import { StartError } from "./start-error.ts";

/** How long running requests may take to finish when the server stops. */
const PATIENCE_MS = 10_000;

/** The whole server as one thing: the program, the tests and the benchmarks run this. */
export interface App {
  readonly config: Config;
  readonly issuer: Issuer;
  readonly fastify: FastifyInstance;
  readonly log: Log;
  /** Serves. @throws {StartError} for a port that it cannot have */
  listen(): Promise<void>;
  /**
   * The link that makes the first administrator, `undefined` once there is one. Also in the file `setup-link` of the data
   * directory, for its owner.
   */
  setUpLink(): Promise<string | undefined>;
  /** Stops accepting, lets what runs finish, then closes the database. */
  close(): Promise<void>;
}

/** What no environment says. */
export interface AppOptions extends ConfigFile {
  readonly world?: World;
  readonly log?: Log;
}

/**
 * Builds the server that a configuration describes, and brings its database up to date. Nothing listens yet.
 *
 * @throws {StartError} for files that it cannot use.
 */
export async function createApp(
  config: Config,
  { world = systemWorld, log = createLog(config.logLevel), ...options }: AppOptions = {},
): Promise<App> {
  await makeDataDir(config.dataDir);
  const certificates = await certificatesOf(config, world, log);
  const issuer = await createIssuer({
    signUp: config.signUp,
    audiences: config.audiences,
    algorithm: config.algorithm,
    ...options,
    issuer: config.issuer,
    database: config.database,
    masterKeys: { file: config.masterKeyFile },
    lifetimes: config.lifetimes,
    world,
    logger: log,
  });
  const fastify = createServer({ issuer: config.issuer, tls: config.tls, pair: certificates?.pair, log, world });
  await fastify.register(issuer.plugin);

  const undo: (() => unknown)[] = [watchLateConnections(tlsServerOf(fastify))];
  const serve = async () => {
    const place = { host: config.host, port: config.port, setting: "COUNTERSIGN_PORT" };
    undo.push(await listening(fastify.server, place, (address) => fastify.listen(address)));
    const stop = certificates?.watch((pair) => {
      tlsServerOf(fastify).setSecureContext(tlsOptions(pair));
      log.info("the certificate was renewed");
    });
    if (stop) undo.push(stop);
    undo.push(await openPlainPort(config, log));
  };

  return {
    config,
    issuer,
    fastify,
    log,
    listen: serve,
    async setUpLink() {
      const link = await issuer.setUpLink();
      const file = join(config.dataDir, "setup-link");
      if (link === undefined) await rm(file, { force: true });
      else await writeFileAtomically(file, `${link}\n`);
      return link;
    },
    async close() {
      const impatient = setTimeout(() => fastify.server.closeAllConnections(), PATIENCE_MS);
      await Promise.all([...undo.map((step) => step()), fastify.close()]);
      clearTimeout(impatient);
      await issuer.close();
    },
  };
}

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartError(`${dataDir} cannot be made: correct COUNTERSIGN_DATA_DIR, or who may write there.`, { cause });
  }
}

/** A port that nobody asked for may be somebody else's; one that was chosen may not. */
async function openPlainPort({ plain, host, issuer }: Config, log: Log): Promise<() => unknown> {
  if (!plain) return () => undefined;
  const server = createPlainServer(issuer);
  try {
    const close = await listening(server, { host, port: plain.port, setting: "COUNTERSIGN_PLAIN_PORT" }, (address) =>
      once(server.listen(address), "listening"),
    );
    return () => {
      server.closeAllConnections(); // nothing here is worth finishing
      return Promise.all([close(), once(server.close(), "close")]);
    };
  } catch (error) {
    if (plain.chosen || !(error instanceof StartError)) throw error;
    log.warn(`no plain port: ${error.message}`);
    return () => undefined;
  }
}
