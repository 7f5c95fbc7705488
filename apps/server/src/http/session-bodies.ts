import { Refusal } from "@countersign/tokens";
import { z } from "zod";

const MAX_AUDIENCES = 20;

const client = z.string().min(1).max(100);
const secret = z.string().min(1).max(200);
const audiences = z.array(z.string().min(1).max(2_000)).min(1).max(MAX_AUDIENCES).optional();

export const startBody = z.strictObject({ client, handoff: secret, audiences });
export const refreshBody = z.strictObject({ client, refresh_token: secret.optional(), audiences });
export const endBody = z.strictObject({ client, refresh_token: secret.optional() });

/** @throws {Refusal} `bad_request` for anything but exactly this. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal("bad_request", { detail: "the body is not as it should be" });
  return parsed.data;
}
