import { TRPCClientError } from "@trpc/client";
import { ClientError, reasonOf, responseOf } from "../errors.ts";

/**
 * What the browser is told of an error: the reason, as the issuer's own routes tell it, and nothing else.
 *
 * @param headers what it is told beside that
 * @throws the error itself, where it is neither a refusal nor the network: that is for the app's own log
 */
export function refused(error: unknown, headers: Headers = new Headers()): Response {
  const reason = reasonOf(error);
  if (!(error instanceof ClientError || error instanceof TRPCClientError)) throw error;
  const { status, retryAfter } = toldBy(error);
  headers.set("cache-control", "no-store");
  if (retryAfter) headers.set("retry-after", retryAfter);
  return Response.json({ error: reason }, { status: status ?? 502, headers });
}

/** Status and `Retry-After`, where the issuer or this server said them. */
function toldBy(error: unknown): { readonly status?: number | undefined; readonly retryAfter?: string | undefined } {
  if (error instanceof ClientError) {
    const status = error.status ?? ours.get(error.reason);
    return { status: isError(status) ? status : undefined, retryAfter: error.retryAfter?.toString() };
  }
  const response = responseOf(error);
  if (!(response instanceof Response)) return {};
  const retryAfter = response.headers.get("retry-after") ?? undefined;
  return { status: isError(response.status) ? response.status : undefined, retryAfter };
}

const ours: ReadonlyMap<string, number> = new Map([
  ["bad_request", 400],
  ["no_token", 401],
  ["origin_refused", 403],
]);

function isError(status: number | undefined): status is number {
  return status !== undefined && status >= 400 && status <= 599;
}
