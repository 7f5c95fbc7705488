import { z } from "zod";

/**
 * A text on one line, without controls, line separators, overrides of direction, anything else that is there and not
 * seen, or half a character: it is shown in lists, terminals and logs.
 */
export const line = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u, {
    error: "has to be a text on one line, without what cannot be seen",
  });
