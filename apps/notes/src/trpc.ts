import { createGuard, type Facts } from "@countersign/guard";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { access } from "./access.ts";
import { config } from "./config.ts";
import type { Notes } from "./notes.ts";

export interface Context {
  /** What the request says about its sender. The guard judges it. */
  readonly auth: Facts;
  readonly notes: Notes;
}

// `t` stays here: whoever builds a procedure takes it from the guard, with a policy.
const t = initTRPC.context<Context>().create({ transformer: superjson });

export const guard = createGuard(t, {
  issuer: config.issuer,
  audience: access.audience,
  permissions: access.permissions,
  revocation: { mode: "feed", credential: config.service },
});
export const { open, allowed, router } = guard;
