import { z } from "zod";
import type { Services } from "../services/services.ts";
import type { IssuerGuard } from "./guard.ts";

const texts = z.array(z.string()).readonly();
const audience = z.object({ audience: z.string(), permissions: texts, roles: texts });

/** The APIs that accept our tokens, with what each knows and the roles that it brought along. */
export function createAudiencesRouter({ allowed, router }: IssuerGuard, { access }: Services) {
  return router({
    list: allowed("roles:read")
      .output(z.array(audience).readonly())
      .query(() => access.audiences()),
  });
}
