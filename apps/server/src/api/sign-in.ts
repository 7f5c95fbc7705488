import { thumbprint } from "@countersign/tokens";
import { z } from "zod";
import type { Services } from "../services/services.ts";
import { alone } from "./alone.ts";
import type { IssuerGuard } from "./guard.ts";
import { client, email, name, password, secret } from "./schemas.ts";

const handoff = z.object({ handoff: z.string(), expiresIn: z.number() });
/** The app, and the key that it is going to prove: its thumbprint, where the app is one that does (RFC 9449 §10). */
const app = { client, jkt: thumbprint.optional() };
const newAccount = { ...app, email, name, password };

/** Ways to prove who one is. Each answers a handoff; tokens come from `POST /session/start` alone. */
export function createSignInRouter({ open, router }: IssuerGuard, { signIn, signUps, setUp }: Services) {
  return router({
    password: open("signing in comes before having a token")
      .use(alone)
      .input(z.strictObject({ ...app, email, password }))
      .output(handoff)
      .mutation(({ ctx, input: { client, jkt, ...credentials } }) =>
        signIn.run("password", credentials, { client, jkt, origin: ctx.origin }, ctx.caller),
      ),

    /** Any other method that this installation has. */
    method: open("signing in comes before having a token")
      .use(alone)
      .input(z.strictObject({ ...app, method: z.string().min(1).max(64), input: z.json() }))
      .output(handoff)
      .mutation(({ ctx, input: { client, jkt, method, input } }) =>
        signIn.run(method, input, { client, jkt, origin: ctx.origin }, ctx.caller),
      ),

    signUp: open("making an account comes before having one")
      .use(alone)
      .input(z.strictObject({ ...newAccount, invitation: secret.optional() }))
      .output(handoff)
      .mutation(({ ctx, input: { client, jkt, ...account } }) =>
        signUps.signUp(account, { client, jkt, origin: ctx.origin }, ctx.caller),
      ),

    setUp: open("the first administrator comes before any other")
      .use(alone)
      .input(z.strictObject({ ...newAccount, secret }))
      .output(handoff)
      .mutation(({ ctx, input: { client, jkt, ...account } }) =>
        setUp.redeem(account, { client, jkt, origin: ctx.origin }, ctx.caller),
      ),
  });
}
