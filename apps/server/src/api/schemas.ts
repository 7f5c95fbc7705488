import { z } from "zod";

// Bounds of what comes in, shared by the routers. Bounds keep what is stored and hashed small; rules are the services'.

export const id = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
export const byId = z.strictObject({ id });
export const client = z.string().min(1).max(64);
/** Normalised and judged by the services; an address has at most 254 octets. */
export const email = z.string().min(3).max(320);
/** Long enough for any passphrase, short enough to hash (ASVS 6.2.9). */
export const password = z.string().min(1).max(1024);
/**
 * A text on one line, without controls, line separators, overrides of direction, anything else that is there and not
 * seen, or half a character: it is shown in lists, terminals and logs.
 */
const line = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
export const name = line.min(1).max(100);
export const description = line.max(300);
export const secret = z.string().min(1).max(128);
export const roleName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
export const pageInput = { limit: z.int().min(1).max(100).default(50), after: id.optional() };
export const page = z.strictObject(pageInput).optional();

/** Seconds since the epoch. */
export const seconds = z.number().transform((milliseconds) => milliseconds / 1000);
