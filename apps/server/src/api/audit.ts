import { z } from "zod";
import type { Services } from "../services/services.ts";
import type { IssuerGuard } from "./guard.ts";
import { pageInput, seconds } from "./schemas.ts";

const entry = z.object({
  id: z.string(),
  at: seconds,
  event: z.string(),
  outcome: z.enum(["success", "refused"]),
  actor: z.string().nullable(),
  subject: z.string().nullable(),
  session: z.string().nullable(),
  address: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
});

const page = z.strictObject({ ...pageInput, event: z.string().max(64).optional() }).optional();

/** What happened, newest first. */
export function createAuditRouter({ allowed, router }: IssuerGuard, { audit }: Services) {
  return router({
    list: allowed("audit:read")
      .input(page)
      .output(z.array(entry).readonly())
      .query(({ input }) => audit.list({ limit: 50, ...input })),
  });
}
