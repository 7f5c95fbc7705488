import { once } from "node:events";
import { createServer, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import type { AnyTRPCRouter, TRPCError } from "@trpc/server";
import { awsLambdaRequestHandler, awsLambdaStreamingRequestHandler } from "@trpc/server/adapters/aws-lambda";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createNextApiHandler } from "@trpc/server/adapters/next";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import express from "express";
import fastify from "fastify";
import type { responseMeta } from "../refusal/response-meta.ts";
import { type Facts, facts, type RequestLike } from "../request/facts.ts";

/** Where every API of these tests says that it is. */
export const ORIGIN = "https://api.example";

/** Header lines as they go over the wire: a name may stand twice. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** An API behind one of tRPC's adapters. */
export interface Served {
  /** Sends a request as a client in another process would: over a socket, or as the platform hands it over. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** Gets a path with exactly these header lines. */
  get(path: string, lines: Lines): Promise<Response>;
  close(): Promise<void>;
}

export interface Api {
  readonly router: AnyTRPCRouter;
  readonly responseMeta: typeof responseMeta;
  readonly maxBatchSize?: number;
  onError?(about: { error: TRPCError }): void;
}

type Context = { auth: Facts };
const fromRequest = ({ req }: { req: RequestLike }): Context => ({ auth: facts(req) });

/** Every adapter that tRPC ships for requests, by name. */
export const adapters: Readonly<Record<string, (api: Api) => Promise<Served>>> = {
  async fetch(api) {
    const handle = (req: Request) =>
      fetchRequestHandler({ ...api, req, endpoint: "/trpc", createContext: fromRequest });
    return inProcess((sent) => handle(sent.request));
  },
  standalone: (api) => overHttp(createHTTPHandler({ ...api, basePath: "/trpc/", createContext: fromRequest })),
  express: (api) => {
    const app = express();
    // As most people have it: the body is parsed before tRPC sees the request.
    app.use(express.json());
    app.use("/trpc", createExpressMiddleware({ ...api, createContext: fromRequest }));
    return overHttp(app);
  },
  async fastify(api) {
    const app = fastify({ routerOptions: { maxParamLength: 5000 } });
    await app.register(fastifyTRPCPlugin, { prefix: "/trpc", trpcOptions: { ...api, createContext: fromRequest } });
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { ...onServer(app.server), close: () => app.close() };
  },
  next: (api) => {
    const handle = createNextApiHandler({ ...api, createContext: fromRequest } as never);
    return overHttp((req, res) => {
      // What Next's pages router adds for a file named [trpc].ts.
      const { pathname, searchParams } = new URL(req.url ?? "", ORIGIN);
      const query = { ...Object.fromEntries(searchParams), trpc: pathname.slice("/trpc/".length) };
      void handle(Object.assign(req, { query }) as never, res as never);
    });
  },
  async "lambda 1.0"(api) {
    const handle = awsLambdaRequestHandler({ ...api, createContext: fromEvent });
    return inProcess(async (sent) => fromLambda(await handle((await eventV1(sent)) as never, {} as never)));
  },
  async "lambda 2.0"(api) {
    const handle = awsLambdaRequestHandler({ ...api, createContext: fromEvent });
    return inProcess(async (sent) => fromLambda(await handle((await eventV2(sent)) as never, {} as never)));
  },
  async "lambda 2.0 streaming"(api) {
    const handle = awsLambdaStreamingRequestHandler({ ...api, createContext: fromEvent });
    return inProcess(async (sent) => {
      const { stream, response } = lambdaStream();
      void handle((await eventV2(sent)) as never, stream as never, {} as never);
      return await response;
    });
  },
};

function fromEvent({ event }: { event: RequestLike }): Context {
  return { auth: facts(event) };
}

interface Sent {
  readonly request: Request;
  /** The header lines as they were sent. */
  readonly lines: Lines;
}

function inProcess(handle: (sent: Sent) => Promise<Response>): Served {
  return {
    fetch: (url, init) => {
      const request = new Request(url, init);
      return handle({ request, lines: [...request.headers] });
    },
    get: (path, lines) => {
      const headers = new Headers();
      for (const [name, value] of lines) headers.append(name, value);
      return handle({ request: new Request(`${ORIGIN}${path}`, { headers }), lines });
    },
    close: async () => undefined,
  };
}

async function overHttp(listener: RequestListener): Promise<Served> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...onServer(server),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function onServer(server: Server): Omit<Served, "close"> {
  const { port } = server.address() as AddressInfo;
  return {
    fetch: (url, init) => fetch(url.replace(ORIGIN, `http://127.0.0.1:${port}`), init),
    get: (path, lines) =>
      new Promise((resolve, reject) => {
        const headers = [["host", "api.example"], ["connection", "close"], ...lines].flat();
        request({ host: "127.0.0.1", port, path, headers }, async (response) => {
          const body = Buffer.concat(await response.toArray());
          const names = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
          resolve(new Response(body, { status: response.statusCode ?? 0, headers: Object.fromEntries(names) }));
        })
          .on("error", reject)
          .end();
      }),
  };
}

/** API Gateway's event for REST APIs: every value of a header, and the last one. */
async function eventV1({ request, lines }: Sent) {
  const { pathname, searchParams } = new URL(request.url);
  const multiValueHeaders: Record<string, string[]> = {};
  for (const [name, value] of lines) multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), value];
  return {
    httpMethod: request.method,
    path: pathname,
    resource: "/trpc/{proxy+}",
    pathParameters: { proxy: pathname.slice("/trpc/".length) },
    queryStringParameters: Object.fromEntries(searchParams),
    headers: Object.fromEntries(lines),
    multiValueHeaders,
    requestContext: { domainName: "api.example" },
    ...(await lambdaBody(request)),
  };
}

/** API Gateway's event for HTTP APIs: values of one name are joined by commas. */
async function eventV2({ request, lines }: Sent) {
  const { pathname, search } = new URL(request.url);
  const headers: Record<string, string> = {};
  for (const [name, value] of lines) headers[name] = name in headers ? `${headers[name]},${value}` : value;
  return {
    version: "2.0",
    routeKey: "ANY /trpc/{proxy+}",
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers,
    pathParameters: { proxy: pathname.slice("/trpc/".length) },
    requestContext: { domainName: "api.example", http: { method: request.method, path: pathname } },
    ...(await lambdaBody(request)),
  };
}

async function lambdaBody(request: Request) {
  const bytes = Buffer.from(await request.arrayBuffer());
  return bytes.length === 0 ? {} : { body: bytes.toString("base64"), isBase64Encoded: true };
}

function fromLambda(result: unknown): Response {
  const { statusCode, headers, body } = result as { statusCode: number; headers: Record<string, string>; body: string };
  return new Response(body, { status: statusCode, headers });
}

/** What the Lambda runtime gives a streaming handler: a stream whose first word are status and headers. */
function lambdaStream() {
  const stream = new PassThrough();
  const { promise: response, resolve } = Promise.withResolvers<Response>();
  prologues.set(stream, ({ statusCode, headers }) => {
    resolve(new Response(Readable.toWeb(stream) as ReadableStream, { status: statusCode, headers }));
  });
  return { stream, response };
}

interface Prologue {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
}
const prologues = new WeakMap<object, (prologue: Prologue) => void>();
Object.assign(globalThis, {
  awslambda: {
    HttpResponseStream: {
      from(stream: PassThrough, prologue: Prologue) {
        prologues.get(stream)?.(prologue);
        return stream;
      },
    },
  },
});
