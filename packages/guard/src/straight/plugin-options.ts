import type { AnyTRPCRouter } from "@trpc/server";
import type { NodeHTTPCreateContextOption } from "@trpc/server/adapters/node-http";
import type { HTTPBaseHandlerOptions } from "@trpc/server/http";
import type { FastifyReply, FastifyRequest } from "fastify";

/**
 * The options of tRPC's own plugin, without those for WebSockets. Written down here because tRPC's type of this kind wants
 * the types of `ws` beside it.
 */
export interface FastifyGuardPluginOptions<TRouter extends AnyTRPCRouter> {
  /** The path that the router is served at, such as `/trpc`. */
  readonly prefix?: string;
  /** The router, `createContext`, `onError`, `responseMeta` and what else tRPC's handler takes. */
  readonly trpcOptions: HTTPBaseHandlerOptions<TRouter, FastifyRequest> & {
    /** The largest body in bytes that tRPC reads itself, such as a form. Limit JSON by Fastify's `bodyLimit`. */
    maxBodySize?: number;
  } & NodeHTTPCreateContextOption<TRouter, FastifyRequest, FastifyReply>;
}

/** The same, whatever the router: inside, its types say nothing. */
export type PluginOptions = FastifyGuardPluginOptions<AnyTRPCRouter>;
export type HandlerOptions = PluginOptions["trpcOptions"];

/** The plugin's own, and what Fastify itself reads from the options of any plugin. */
const known: ReadonlySet<string> = new Set(["prefix", "logLevel", "logSerializers", "useWSS", "trpcOptions"]);

const knownToHandler: ReadonlySet<string> = new Set([
  "router",
  "createContext",
  "onError",
  "responseMeta",
  "maxBatchSize",
  "maxBodySize",
  "allowBatching",
  "batching",
  "allowMethodOverride",
] satisfies (keyof HandlerOptions)[]);

const ofWebSockets: ReadonlySet<string> = new Set(["keepAlive", "dangerouslyDisablePong", "experimental_encoder"]);

/** @throws {TypeError} with a sentence that names the option, for whatever this plugin cannot honour. */
export function checkPluginOptions({ trpcOptions, ...options }: PluginOptions): HandlerOptions {
  if ("useWSS" in options && options.useWSS)
    throw new TypeError("useWSS: a WebSocket's context outlives its token; use event streams");
  for (const name of given(options)) {
    if (!known.has(name)) throw new TypeError(`${name}: an option that this plugin does not know`);
  }
  if (typeof trpcOptions !== "object" || trpcOptions === null) throw new TypeError("trpcOptions: name the router");
  for (const name of given(trpcOptions)) {
    if (ofWebSockets.has(name)) throw new TypeError(`trpcOptions.${name}: for WebSockets, which are not served`);
    if (!knownToHandler.has(name)) {
      throw new TypeError(`trpcOptions.${name}: an option that this plugin does not know; use tRPC's own`);
    }
  }
  if (!isRouter(trpcOptions.router)) throw new TypeError("trpcOptions.router: must be a tRPC router");
  return trpcOptions;
}

/** An option that is `undefined` asks for nothing. */
function given(options: object): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : name));
}

function isRouter(value: unknown): value is AnyTRPCRouter {
  return typeof value === "object" && value !== null && "_def" in value;
}
