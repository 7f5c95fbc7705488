import { type AnyTRPCRouter, TRPCError } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { FastifyRequest } from "fastify";
import { responseMeta as own } from "../refusal/response-meta.ts";
import type { TrpcOptions } from "./twins.ts";

/** The callbacks that tRPC's adapters take, as far as they are called here. */
interface Callbacks {
  readonly router: AnyTRPCRouter;
  createContext?(about: { readonly info: TRPCRequestInfo }): unknown;
  onError?(about: object): void;
  responseMeta?(about: object): object;
}

/** The options with each callback noting everything that it is told. The guard's own `responseMeta` stays itself. */
export function recorded(options: TrpcOptions, told: unknown[]): TrpcOptions {
  const { router, createContext, onError, responseMeta } = options as Callbacks;
  const callbacks: Partial<Callbacks> = {
    onError(about) {
      told.push({ onError: noted(about) });
      onError?.(about);
    },
  };
  if (createContext) {
    callbacks.createContext = (about) => {
      const isKnown = about.info.calls.map(({ path, procedure }) => router._def.procedures[path] === procedure);
      told.push({ createContext: noted(about), isKnown });
      return createContext(about);
    };
  }
  if (responseMeta && (responseMeta as unknown) !== own) {
    callbacks.responseMeta = (about) => {
      told.push({ responseMeta: noted(about) });
      return responseMeta(about);
    };
  }
  return { ...options, ...callbacks } as TrpcOptions;
}

/** A value in a form that can be compared: what belongs to the machinery is written as what it is. */
export function noted(value: unknown): unknown {
  if (value instanceof TRPCError) {
    const { code, message, name, cause } = value;
    return { TRPCError: { code, message, name, cause: cause && [cause.name, cause.message] } };
  }
  if (value instanceof Error) return { error: [value.name, value.message] };
  if (value instanceof AbortSignal) return { signal: value.aborted };
  if (value instanceof URL) return { url: value.href };
  if (value instanceof Date) return { date: value.toJSON() };
  if (value instanceof Map) return { map: [...value].map(noted) };
  if (typeof value === "bigint") return { bigint: `${value}` };
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(noted);
  return notedRecord(value);
}

function notedRecord(value: object): unknown {
  if ("_def" in value) return "router";
  if ("raw" in value)
    return "routeOptions" in value && "body" in value ? notedRequest(value as FastifyRequest) : "reply";
  const { result } = value as { result?: unknown };
  const entries = Object.entries(typeof result === "function" ? { ...value, result: result() } : value);
  const own = entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, noted(member)] as const);
  return own.length > 0 ? Object.fromEntries(own) : `an empty ${Object.getPrototypeOf(value)?.constructor?.name}`;
}

function notedRequest({ method, url, body, raw }: FastifyRequest): unknown {
  return { request: { method, url, body: typeof body, raw: "body" in raw ? typeof raw.body : "without a body" } };
}
