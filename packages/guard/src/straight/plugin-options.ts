import type { AnyTRPCRouter } from "@trpc/server";
import type { FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";

/** What tRPC's own plugin takes. */
export type PluginOptions = FastifyTRPCPluginOptions<AnyTRPCRouter>;

/** What its handler takes: the router, `createContext` and whatever else the user gave. */
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

const ofWebSockets: ReadonlySet<string> = new Set([
  "keepAlive",
  "dangerouslyDisablePong",
  "experimental_encoder",
] satisfies (keyof HandlerOptions)[]);

/** @throws {TypeError} with a sentence that names the option, for whatever this plugin cannot honour. */
export function checkPluginOptions({ trpcOptions, ...options }: PluginOptions): HandlerOptions {
  if (options.useWSS) throw new TypeError("useWSS: a WebSocket's context outlives its token; use event streams");
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
