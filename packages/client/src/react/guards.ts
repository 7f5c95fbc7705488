import type { AnyTRPCRouter } from "@trpc/server";
import { createElement, Fragment, type ReactNode } from "react";
import type { ProcedurePath } from "../access/procedure-path.ts";
import type { IssuerRouter } from "../api.ts";
import { useCan } from "./use-can.ts";
import { useSession } from "./use-session.ts";

export interface SignedInProps {
  readonly children?: ReactNode;
  /** For nobody: a sign-in page, or a redirect to one. */
  readonly fallback?: ReactNode;
  /** While nobody knows yet who it is. */
  readonly pending?: ReactNode;
}

/**
 * Shows its children to whoever is signed in. Where somebody else signs in they are mounted anew: what components remember of
 * the one before is not shown.
 */
export function SignedIn({ children = null, fallback = null, pending = null }: SignedInProps): ReactNode {
  const state = useSession();
  if (state.status === "unknown") return pending;
  if (state.status === "signed-out") return fallback;
  return createElement(Fragment, { key: state.account }, children);
}

export interface AllowedProps<Router extends AnyTRPCRouter> {
  /** The procedure that it is about. */
  readonly path: ProcedurePath<Router>;
  /** The API's audience; the issuer's own API unless given. */
  readonly audience?: string;
  readonly children?: ReactNode;
  readonly fallback?: ReactNode;
}

/** Shows its children to whoever may call a procedure: `<Allowed<NotesRouter> path="notes.create" audience={url}>`. */
export function Allowed<Router extends AnyTRPCRouter = IssuerRouter>(props: AllowedProps<Router>): ReactNode {
  const { path, audience, children = null, fallback = null } = props;
  return useCan<Router>(path, audience) ? children : fallback;
}
