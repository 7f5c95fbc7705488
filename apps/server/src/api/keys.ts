import { algorithms } from "@countersign/tokens";
import { z } from "zod";
import type { Services } from "../services/services.ts";
import { actorOf } from "./actor.ts";
import type { IssuerGuard } from "./guard.ts";
import { seconds } from "./schemas.ts";

const key = z.object({
  kid: z.string(),
  alg: z.enum(algorithms),
  status: z.enum(["next", "current", "previous"]),
  publishedAt: seconds,
  /** When it has been published for long enough to sign. */
  readyAt: seconds,
  activatedAt: seconds.nullable(),
  retiredAt: seconds.nullable(),
});

/** Where the published keys stand in their lives. The keys themselves are at `/.well-known/jwks.json`. */
export function createKeysRouter({ allowed, open, router }: IssuerGuard, { keys, keyRotation }: Services) {
  return router({
    list: open("public keys are public")
      .output(z.array(key).readonly())
      .query(() => keys.ring()),

    /** Has a successor sign from now on. No token dies by it. */
    rotate: allowed("keys:write")
      .output(z.object({ current: z.string(), retired: z.string() }))
      .mutation(({ ctx }) => keyRotation.rotate(actorOf(ctx))),

    /** Takes a key out at once, and with it every token that it signed. */
    revoke: allowed("keys:write")
      .input(z.strictObject({ kid: z.string().min(1).max(255) }))
      .output(z.void())
      .mutation(({ ctx, input }) => keyRotation.revoke(input.kid, actorOf(ctx))),
  });
}
