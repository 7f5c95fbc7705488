import { TRPCError } from "@trpc/server";

/** A call's input as tRPC hands it to a procedure: read when it is asked for, and once. */
export interface CallInput {
  getRawInput(): Promise<unknown>;
  /** What was read, `undefined` until then. */
  result(): unknown;
}

/** `text` is JSON, `""` where nothing was sent; `deserialize` is the transformer's. */
export function createCallInput(text: string, deserialize: (json: unknown) => unknown): CallInput {
  let state: "unread" | "read" | "bad" = "unread";
  let value: unknown;
  return {
    async getRawInput() {
      if (state === "unread") {
        try {
          value = text === "" ? undefined : deserialize(JSON.parse(text));
          state = "read";
        } catch (cause) {
          value = badInput(cause);
          state = "bad";
        }
      }
      if (state === "bad") throw value;
      return value;
    },
    result: () => (state === "read" ? value : undefined),
  };
}

function badInput(cause: unknown): TRPCError {
  if (cause instanceof TRPCError) return cause;
  const message = cause instanceof Error ? cause.message : "Invalid input";
  return new TRPCError({ code: "BAD_REQUEST", message, cause });
}
