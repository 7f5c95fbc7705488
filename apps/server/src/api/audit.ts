import { publicJwk } from "@countersign/tokens";
import { z } from "zod";
import type { Services } from "../services/services.ts";
import type { IssuerGuard } from "./guard.ts";
import { id, milliseconds, pageInput, seconds } from "./schemas.ts";

const text = z.string().nullable();
const fields = {
  id: z.string(),
  event: z.string(),
  outcome: z.enum(["success", "refused"]),
  actor: text,
  subject: text,
  session: text,
  address: text,
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).readonly(),
};
/** `seq` is null until it is sealed: at most a second or two. */
const entry = z.object({ ...fields, at: seconds, seq: z.number().nullable() });

const filter = z
  .strictObject({
    ...pageInput,
    event: z.string().min(1).max(64).optional(),
    outcome: fields.outcome.optional(),
    actor: id.optional(),
    subject: z.string().min(1).max(1000).optional(),
    session: id.optional(),
    address: z.union([z.ipv4(), z.ipv6()]).optional(),
    from: milliseconds.optional(),
    to: milliseconds.optional(),
  })
  .optional();

/** In milliseconds, as it is hashed. */
const exported = z.object({ ...fields, at: z.number() });
const part = z.strictObject({ after: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(500) });
const page = z.object({
  issuer: z.string(),
  entries: z.array(exported.extend({ seq: z.number(), hash: z.string() })).readonly(),
  seals: z.array(z.object({ seq: z.number(), seal: z.string() })).readonly(),
  unsealed: z.array(exported).readonly(),
});

/** What happened, newest first; and all of it in its chain, for keeping and verifying elsewhere. */
export function createAuditRouter({ allowed, router }: IssuerGuard, { audit, auditExport }: Services) {
  return router({
    list: allowed("audit:read")
      .input(filter)
      .output(z.array(entry).readonly())
      .query(({ input }) => audit.list({ limit: 50, ...input })),

    keys: allowed("audit:read")
      .output(z.array(publicJwk).readonly())
      .query(() => auditExport.keys()),

    export: allowed("audit:read")
      .input(part)
      .output(page)
      .query(({ input }) => auditExport.page(input.after, input.limit)),
  });
}
