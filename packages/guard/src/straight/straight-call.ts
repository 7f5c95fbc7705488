import type { FastifyRequest } from "fastify";
import { queryInput } from "./query-input.ts";
import type { Route } from "./routes.ts";

/** A request that is one call of one procedure, in JSON. */
export interface StraightCall {
  readonly route: Route;
  /** The procedure's path as it stands in the URL. */
  readonly urlPath: string;
  /** The input's JSON, `""` where none was sent. */
  readonly text: string;
}

export interface StraightRules {
  /** By the path as it stands in a URL. */
  readonly routes: ReadonlyMap<string, Route>;
  /** Whether a query may come by POST. */
  readonly allowMethodOverride: boolean;
}

/**
 * Reads a request that is as tRPC's `httpLink` sends it, and answers `undefined` for every other: batches, streams, other
 * content types and methods, unknown paths, whatever is encoded in an unusual way. tRPC's own handler takes those, so
 * that nothing here has to be right about them.
 *
 * Does not check: the input's JSON, and who calls.
 */
export function readStraightCall(
  request: FastifyRequest,
  urlPath: string,
  { routes, allowMethodOverride }: StraightRules,
): StraightCall | undefined {
  const route = routes.get(urlPath);
  if (route === undefined || !isUsual(request.raw)) return undefined;
  const { method, url = "", headers } = request.raw;
  const type = headers["content-type"];
  if (method === "GET" && route.type === "query" && (type === undefined || type === "application/json")) {
    const text = queryInput(url);
    return text === undefined ? undefined : { route, urlPath, text };
  }
  if (method !== "POST" || url.includes("?") || url.includes("#")) return undefined;
  if (route.type === "query" && !allowMethodOverride) return undefined;
  return isJson(type) && isPlainText(request.body) ? { route, urlPath, text: request.body } : undefined;
}

/** HTTP/1, an answer in JSON, a target and a host that make a URL without surprises. */
function isUsual({ headers, url, httpVersionMajor }: FastifyRequest["raw"]): boolean {
  return (
    httpVersionMajor === 1 &&
    headers["trpc-accept"] === undefined &&
    !headers.accept?.includes("application/jsonl") &&
    !headers.host?.includes("@") &&
    /^\/(?![/\\])/.test(url ?? "")
  );
}

function isJson(type: string | undefined): boolean {
  return type === "application/json" || type?.startsWith("application/json;") === true;
}

/** Text that is the same after it was encoded as UTF-8 and decoded: no byte order mark, no half of a character. */
function isPlainText(body: unknown): body is string {
  return typeof body === "string" && !body.startsWith("\uFEFF") && body.isWellFormed();
}
