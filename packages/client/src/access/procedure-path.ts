import type { AnyTRPCRouter } from "@trpc/server";

/** The paths of a router's procedures, as its access table names them: `"notes.create"`. */
export type ProcedurePath<Router extends AnyTRPCRouter> = PathIn<Router["_def"]["record"], "">;

type PathIn<Routes, Prefix extends string> = 0 extends 1 & Routes
  ? string
  : {
      [Name in keyof Routes & string]: Routes[Name] extends { readonly _def: { readonly procedure: true } }
        ? `${Prefix}${Name}`
        : PathIn<Routes[Name], `${Prefix}${Name}.`>;
    }[keyof Routes & string];
