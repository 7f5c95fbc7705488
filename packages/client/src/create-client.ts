import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { IssuerRouter } from "./api.ts";
import type { ClientWorld } from "./client-world.ts";
import type { ConnectOptions } from "./connect.ts";
import type { Session } from "./session.ts";
import type { SignIn } from "./sign-in.ts";
import type { TokenStorage } from "./storage.ts";

export interface ClientOptions {
  /** The issuer's address: https, or http on loopback. */
  readonly url: string;
  /** Id of this app, as the server knows it; `cli` unless given: a program that keeps its own tokens. */
  readonly client?: string | undefined;
  /** Where tokens rest between two runs; in memory unless given. */
  readonly storage?: TokenStorage | undefined;
  /** Other APIs to have tokens for from the start. `connect` adds its own. */
  readonly audiences?: readonly string[] | undefined;
  /** How requests are made; the runtime's own unless given. */
  readonly fetch?: typeof fetch | undefined;
  /** How long the server may take to answer a request for tokens, in milliseconds; 10 000 unless given. */
  readonly timeout?: number | undefined;
  /** Clocks, timers and jitter; the machine's unless given. */
  readonly world?: ClientWorld | undefined;
}

export interface CountersignClient extends SignIn {
  /** The issuer's own API. */
  readonly api: TRPCClient<IssuerRouter>;
  readonly session: Session;
  /** A typed client for any other guarded API: `connect<NotesRouter>({ url })`. */
  connect<Router extends AnyTRPCRouter>(options: ConnectOptions<Router>): TRPCClient<Router>;
  /** Stops timers. What is under way still ends well. */
  dispose(): void;
}

/**
 * A client of one issuer: its API, typed, and the session that carries the tokens.
 *
 * @throws {TypeError} for a URL that is none, or one without TLS
 */
export function createClient(options: ClientOptions): CountersignClient {
  throw new TypeError(`no session for ${options.url} yet`);
}
