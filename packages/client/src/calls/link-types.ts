import type { OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

// What tRPC's links take and give, which have no names of their own there.

/** What a link makes of a call. */
export type Answers<Router extends AnyTRPCRouter> = ReturnType<OperationLink<Router>>;

/** The link behind one. */
export type Next<Router extends AnyTRPCRouter> = Parameters<OperationLink<Router>>[0]["next"];
