import { defineSignInMethod, wrongCredentials } from "@countersign/server";
import { z } from "zod";

/** E-mail addresses by the floor and code of a badge. */
export const badges = new Map<string, string>();

/** A sign-in method of somebody's own. */
export const badge = defineSignInMethod({
  name: "badge",
  input: z.strictObject({ code: z.string(), floor: z.number().default(0) }),
  async prove({ code, floor }) {
    const email = badges.get(`${floor}/${code}`);
    if (email === undefined) throw wrongCredentials("unknown badge");
    return { email, amr: ["swk"], acr: "1fa" };
  },
});
