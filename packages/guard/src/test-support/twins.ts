import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import type { AnyTRPCRouter } from "@trpc/server";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify, { type FastifyInstance } from "fastify";
import { fastifyGuardPlugin } from "../fastify.ts";
import { recorded } from "./recorded.ts";

export type TrpcOptions = FastifyTRPCPluginOptions<AnyTRPCRouter>["trpcOptions"];
export type Plugin = typeof fastifyGuardPlugin | typeof fastifyTRPCPlugin;

/** A request, written as it goes over the wire. */
export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly host?: string;
  /** Names and values; several of one name are sent as several. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
}

export interface Received {
  readonly status: number;
  /** Names and values as they came, without those that belong to the connection and the framing of the body. */
  readonly headers: readonly (readonly [string, string])[];
  /** Byte by byte, as Latin-1. */
  readonly body: string;
  /** What `createContext`, `onError`, `responseMeta` and the procedure were told, in order. */
  readonly told: readonly unknown[];
  /** Whether the body's length was known before it was sent: tRPC's own handler sends a stream. */
  readonly isStraight: boolean;
}

interface Twin {
  readonly port: number;
  send(sent: Sent): Promise<Received>;
}

/** What differs without a difference for anybody who calls: the time, the connection, how the body's end is marked. */
const OF_THE_WAY = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length"]);

export interface TwinSetUp {
  trpcOptions(told: unknown[]): TrpcOptions;
  readonly prefix?: string;
  /** What the host does before the plugin is registered. */
  prepare?(app: FastifyInstance): unknown;
  /** Registers the plugin otherwise than by `app.register`. */
  register?(app: FastifyInstance, plugin: Plugin, options: FastifyTRPCPluginOptions<AnyTRPCRouter>): unknown;
}

/** The same API twice: behind tRPC's plugin, and behind ours. */
export interface Twins {
  readonly official: Twin;
  readonly ours: Twin;
}

const running: FastifyInstance[] = [];

export async function startTwins(setUp: TwinSetUp): Promise<Twins> {
  return { official: await startTwin(fastifyTRPCPlugin, setUp), ours: await startTwin(fastifyGuardPlugin, setUp) };
}

export async function stopTwins(): Promise<void> {
  await Promise.all(running.splice(0).map((app) => app.close()));
}

async function startTwin(plugin: Plugin, setUp: TwinSetUp): Promise<Twin> {
  const told: unknown[] = [];
  const app = fastify({ routerOptions: { maxParamLength: 20_000 }, bodyLimit: 1_000_000 });
  running.push(app);
  setUp.prepare?.(app);
  const options = { prefix: setUp.prefix ?? "/trpc", trpcOptions: recorded(setUp.trpcOptions(told), told) };
  if (setUp.register) await setUp.register(app, plugin, options);
  else await app.register(plugin as typeof fastifyTRPCPlugin, options);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return {
    port,
    async send(sent) {
      told.length = 0;
      const answer = await sendTo(port, sent);
      return { ...answer, told: told.splice(0) };
    },
  };
}

const CLOSED = { status: 0, headers: [], body: "closed without an answer", isStraight: false };

function sendTo(port: number, sent: Sent): Promise<Omit<Received, "told">> {
  const { method = "GET", path, host = "api.example", headers = [], body } = sent;
  return new Promise((resolve, reject) => {
    const lines = [["Host", host], ["Connection", "close"], ...headers].flat();
    if (body !== undefined) lines.push("Content-Length", String(Buffer.byteLength(body)));
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers: lines, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const pairs = response.rawHeaders.flatMap((name, at) =>
          at % 2 === 0 ? [[name, response.rawHeaders[at + 1] ?? ""] as const] : [],
        );
        resolve({
          status: response.statusCode ?? 0,
          headers: pairs.filter(([name]) => !OF_THE_WAY.has(name.toLowerCase())),
          body: Buffer.concat(parts).toString("latin1"),
          isStraight: response.headers["content-length"] !== undefined && parts.length > 0,
        });
      });
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") resolve(CLOSED);
      else reject(error);
    });
    request.end(body);
  });
}

/** The same plugin as a function of its own, which may be registered twice and be marked. */
export function wrapped(plugin: Plugin) {
  return async (app: FastifyInstance, options: FastifyTRPCPluginOptions<AnyTRPCRouter>): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => (error ? reject(error) : resolve());
      Promise.resolve(plugin(app, options, done)).then(() => resolve(), reject);
    });
  };
}
