import { z } from "zod";
import { defineSignInMethod } from "../sign-in/method.ts";

/** A method that has it proved whose an address is, as another identity provider does. */
export const post = defineSignInMethod({
  name: "post",
  input: z.string(),
  prove: async (email) => ({ email, amr: ["post"], acr: "1fa" }),
});
