import { Refusal } from "@countersign/tokens";
import { TRPCError } from "@trpc/server";
import { isLater } from "../at-once.ts";

/** The fetch API's `Headers`, or anything that answers for a header by its name. */
interface HeadersLike {
  get(name: string): string | null;
}

/** The fetch API's `Request`. */
interface FetchRequestLike {
  readonly method: string;
  readonly url?: string;
  readonly headers: HeadersLike;
}

/** Node's `IncomingMessage` (HTTP/1.1 and HTTP/2), so Express's and Next's requests as well. */
interface NodeRequestLike {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawHeaders: readonly string[];
}

/** A framework's request around one of those: Fastify's, Hono's. */
interface WrappedRequestLike {
  readonly raw: FetchRequestLike | NodeRequestLike;
}

/** AWS API Gateway events, payload formats 1.0 and 2.0. */
interface LambdaEventLike {
  readonly httpMethod?: string;
  readonly path?: string;
  readonly rawPath?: string;
  readonly requestContext?: { readonly http?: { readonly method: string } };
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
}

/** Whatever a tRPC adapter calls its request. */
export type RequestLike = FetchRequestLike | NodeRequestLike | WrappedRequestLike | HeadersLike | LambdaEventLike;

/**
 * What a request says, written down and not yet judged. Only `facts()` makes one, and nothing that prints an object
 * prints the credentials in it.
 */
export class Facts {
  readonly #authorization: readonly string[];
  readonly #proofs: readonly string[];
  /** The HTTP method, `null` where only headers were given. */
  readonly method: string | null;
  /** The last part of the URL's path, which tells the procedures; `null` where only headers were given. */
  readonly resource: string | null;
  readonly contentType: string | null;

  constructor({ method, url }: Target, header: HeaderReader) {
    this.#authorization = Object.freeze([...header("authorization")]);
    this.#proofs = Object.freeze([...header("dpop")]);
    this.method = method ?? null;
    this.resource = url === undefined ? null : lastPart(url);
    this.contentType = header("content-type").join(", ") || null;
    Object.freeze(this);
  }

  /** Whether a value was made by `facts()` of this copy of the package: nothing that was parsed or copied is. */
  static is(value: unknown): value is Facts {
    return typeof value === "object" && value !== null && #authorization in value;
  }

  /** Every `Authorization` header as it was sent, in order. A runtime that joins them has joined them by commas. */
  static authorizationOf(facts: Facts): readonly string[] {
    return facts.#authorization;
  }

  /** Every `DPoP` header (RFC 9449 §4.1), as it was sent. */
  static proofsOf(facts: Facts): readonly string[] {
    return facts.#proofs;
  }
}

/** What a request is for. The URL is read no further than where its query begins. */
interface Target {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

function lastPart(url: string): string {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * Writes down what the guard needs to know of a request, from its headers, its method and the path of its URL:
 * never the query, a cookie or the body. Put
 * it into the context: `createContext: ({ req }) => ({ auth: facts(req) })`.
 *
 * Of Node's requests it reads the headers as they came over the wire, so a second `Authorization` header is seen and one
 * that a middleware wrote into `req.headers` is not.
 *
 * Does not check: anything. A public call pays nothing for a token that it does not need.
 *
 * @throws {TypeError} when given something else than a request, headers or a Lambda event.
 * @throws {TRPCError} `BAD_REQUEST` for a request that opens a WebSocket: its context would outlive the token. tRPC's
 * adapter tells `onError`, answers with the sentence and closes the connection.
 */
export function facts(request: RequestLike): Facts {
  if (typeof request !== "object" || request === null) throw notARequest(request);
  if ("rawHeaders" in request) return factsOf(request, nodeHeader(request));
  if ("raw" in request) return facts(request.raw);
  if ("headers" in request && isHeaders(request.headers)) {
    return factsOf("method" in request ? request : {}, fetchHeader(request.headers));
  }
  if (isHeaders(request)) return factsOf({}, fetchHeader(request));
  if ("headers" in request || "multiValueHeaders" in request) return lambdaFacts(request as LambdaEventLike);
  throw notARequest(request);
}

type HeaderReader = (name: string) => readonly string[];

function factsOf(target: Target, header: HeaderReader): Facts {
  if (header("upgrade").some((value) => /\bwebsocket\b/i.test(value))) {
    const message = "The guard serves no WebSockets: their context outlives the token. Use HTTP and event streams.";
    throw new TRPCError({ code: "BAD_REQUEST", message, cause: new Refusal("bad_request", { detail: message }) });
  }
  return new Facts(target, header);
}

function notARequest(value: unknown): TypeError {
  const hint = isLater(value) ? "; await what you gave it" : "";
  return new TypeError(`facts() takes a request, its headers, or a Lambda event${hint}`);
}

function isHeaders(value: unknown): value is HeadersLike {
  return typeof value === "object" && value !== null && "get" in value && typeof value.get === "function";
}

function fetchHeader(headers: HeadersLike): HeaderReader {
  return (name) => {
    const value = headers.get(name);
    return value === null ? [] : [value];
  };
}

function nodeHeader(request: NodeRequestLike): HeaderReader {
  const raw = request.rawHeaders;
  // Adapters that build an IncomingMessage by hand leave the raw ones empty.
  if (raw.length === 0) return recordHeader(request.headers);
  return (name) => {
    const values: string[] = [];
    for (let at = 1; at < raw.length; at += 2) {
      const written = raw[at - 1];
      const value = raw[at];
      if (value !== undefined && written?.length === name.length && written.toLowerCase() === name) values.push(value);
    }
    return values;
  };
}

function lambdaFacts(event: LambdaEventLike): Facts {
  const method = event.httpMethod ?? event.requestContext?.http?.method;
  const multiple = recordHeader(event.multiValueHeaders ?? {});
  const single = recordHeader(event.headers ?? {});
  const target = { method, url: event.rawPath ?? event.path };
  return factsOf(target, (name) => (multiple(name).length > 0 ? multiple(name) : single(name)));
}

function recordHeader(record: Readonly<Record<string, string | readonly string[] | undefined>>): HeaderReader {
  const entries = Object.entries(record);
  return (name) => entries.flatMap(([key, value]) => (key.toLowerCase() === name && value !== undefined ? value : []));
}
