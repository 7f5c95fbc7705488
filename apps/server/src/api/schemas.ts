import { line } from "@countersign/tokens";
import { z } from "zod";

// Bounds of what comes in, shared by the routers. Bounds keep what is stored and hashed small; rules are the services'.

export const id = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
export const byId = z.strictObject({ id });
export const client = z.string().min(1).max(64);
/** Normalised and judged by the services; an address has at most 254 octets. */
export const email = z.string().min(3).max(320);
/** Long enough for any passphrase, short enough to hash (ASVS 6.2.9). */
export const password = z.string().min(1).max(1024);
export const name = line.min(1).max(100);
/** What is in it is the installation's to say. */
export const jsonObject = z.record(z.string(), z.unknown());
export const secret = z.string().min(1).max(128);
export const pageInput = { limit: z.int().min(1).max(100).default(50), after: id.optional() };
export const page = z.strictObject(pageInput).optional();

/** Seconds since the epoch. */
export const seconds = z.number().transform((milliseconds) => milliseconds / 1000);
/** Seconds since the epoch that come in. */
export const milliseconds = z
  .number()
  .min(0)
  .max(1e11)
  .transform((seconds) => Math.round(seconds * 1000));
