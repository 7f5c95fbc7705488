import { ClientError } from "../errors.ts";
import { createSignIn, type NewAccount, type SignInWays } from "../sign-in/sign-in.ts";
import type { IssuerLink } from "./issuer-link.ts";

export type Body = Readonly<Record<string, unknown>>;

/** Proves who somebody is with what a page sent. @returns the handoff */
type Proof = (body: Body, link: IssuerLink) => Promise<string>;

/** The ways to sign in that a page has, by the last part of their path. What is sent on is judged by the issuer. */
export const proofs: ReadonlyMap<string, Proof> = new Map<string, Proof>([
  [
    "sign-in",
    (body, link) =>
      handoffOf(link, ({ signIn }) =>
        "method" in body
          ? signIn.with(text(body, "method"), body["input"] as Parameters<SignInWays["with"]>[1])
          : signIn({ email: text(body, "email"), password: text(body, "password") }),
      ),
  ],
  ["sign-up", (body, link) => handoffOf(link, ({ signUp }) => signUp({ ...newAccount(body), ...invitation(body) }))],
  // For whoever proved it elsewhere, as this app and without an origin.
  ["start", async (body) => text(body, "handoff")],
]);

/** Signs in as every client does, up to the handoff. */
async function handoffOf(
  { audiences, client, fetch }: IssuerLink,
  prove: (ways: ReturnType<typeof createSignIn>) => Promise<void>,
): Promise<string> {
  let made = "";
  const begin = () => async (reply: { readonly handoff: string }) => {
    made = reply.handoff;
  };
  await prove(createSignIn({ url: audiences.own, client, jkt: undefined, begin, fetch }));
  return made;
}

function newAccount(body: Body): NewAccount {
  return { email: text(body, "email"), name: text(body, "name"), password: text(body, "password") };
}

function invitation(body: Body): { readonly invitation?: string } {
  return "invitation" in body ? { invitation: text(body, "invitation") } : {};
}

/** What a page sent under a name. @throws {ClientError} `bad_request` where that is no text */
export function text(body: Body, name: string): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (typeof value !== "string") throw new ClientError("bad_request");
  return value;
}
