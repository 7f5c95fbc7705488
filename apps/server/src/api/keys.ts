import { z } from "zod";
import type { Services } from "../services/services.ts";
import type { IssuerGuard } from "./guard.ts";
import { seconds } from "./schemas.ts";

const key = z.object({
  kid: z.string(),
  alg: z.enum(["EdDSA", "ES256"]),
  status: z.enum(["next", "current", "previous"]),
  publishedAt: seconds,
  activatedAt: seconds.nullable(),
  retiredAt: seconds.nullable(),
});

/** Where the published keys stand in their lives. The keys themselves are at `/.well-known/jwks.json`. */
export function createKeysRouter({ open, router }: IssuerGuard, { keys }: Services) {
  return router({
    list: open("public keys are public")
      .output(z.array(key).readonly())
      .query(() => keys.ring()),
  });
}
