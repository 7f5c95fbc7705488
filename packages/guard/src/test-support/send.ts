import type { AnyTRPCRouter, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { responseMeta } from "../refusal/response-meta.ts";
import { type Facts, facts } from "../request/facts.ts";

/** An answer, as far as tests look at it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // What a server sends is checked by the test that reads it.
  readonly body: Reply & Reply[];
}

interface Reply {
  readonly result?: { readonly data: unknown };
  readonly error?: {
    readonly message: string;
    readonly code: number;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

export interface Sent {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string | FormData | Uint8Array<ArrayBuffer>;
  readonly onError?: (error: TRPCError) => void;
  readonly maxBatchSize?: number;
}

/** Sends a request through tRPC's fetch adapter, as a client in another process would, without a socket. */
export async function send(router: AnyTRPCRouter, path: string, sent: Sent = {}): Promise<Answer> {
  const headers = new Headers(sent.headers);
  if (sent.token !== undefined) headers.set("authorization", `Bearer ${sent.token}`);
  const body = sent.body === undefined ? {} : { body: sent.body };
  const response = await fetchRequestHandler({
    endpoint: "/trpc",
    req: new Request(`https://api.example/trpc/${path}`, { method: sent.method ?? "GET", headers, ...body }),
    router,
    createContext: ({ req }: { req: Request }): { auth: Facts } => ({ auth: facts(req) }),
    responseMeta,
    onError: ({ error }: { error: TRPCError }) => sent.onError?.(error),
    ...(sent.maxBatchSize === undefined ? {} : { maxBatchSize: sent.maxBatchSize }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get body() {
      return JSON.parse(text);
    },
  };
}

/** Sends a mutation. */
export function post(router: AnyTRPCRouter, path: string, input: unknown, sent: Sent = {}): Promise<Answer> {
  const headers = { "content-type": "application/json", ...sent.headers };
  return send(router, path, { method: "POST", body: JSON.stringify(input), ...sent, headers });
}

/** The reason of a refusal and whether it says that the call has not run. */
export function refusalIn(answer: Answer): { reason: unknown; ran: unknown; status: number } {
  const { data } = answer.body.error ?? {};
  return { reason: data?.["reason"], ran: data?.["ran"], status: answer.status };
}
