import { later, making } from "../later.ts";
import type { Beginning } from "./beginning.ts";
import { loadSigningIn } from "./load-signing-in.ts";
import type { WaysInDeps } from "./ways-in.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface NewAccount extends Credentials {
  readonly name: string;
}

/** A sign-in method of the server's own, as a type: `typeof badge`, where `badge` comes from `defineSignInMethod`. */
export interface SignInMethodLike {
  readonly name: string;
  /** Its schema (Standard Schema), of which only the type is used. */
  readonly input: { readonly "~standard": { readonly types?: { readonly input: unknown } | undefined } };
}

/** What a method takes. */
export type SignInInput<Method extends SignInMethodLike> = NonNullable<Method["input"]["~standard"]["types"]>["input"];

/** Signing in with a password, and in any other way that the server has. */
export interface SignInWays {
  (credentials: Credentials): Promise<void>;
  /**
   * By a method of the server's own: `signIn.with<typeof badge>("badge", { … })`. Without its type any input goes. The
   * input is sent as JSON.
   */
  with<Method extends SignInMethodLike = SignInMethodLike>(
    name: Method["name"],
    input: SignInInput<Method>,
  ): Promise<void>;
}

/** Ways in: each proves who one is, and ends with `session.start`. All throw with the server's reason: see `reasonOf`. */
export interface SignIn {
  readonly signIn: SignInWays;
  /** `invitation`: the secret behind the `#` of its link, where the server asks for one. */
  signUp(account: NewAccount & { readonly invitation?: string | undefined }): Promise<void>;
  /** Makes the first administrator, with the set-up link that the server showed at its first start, or its secret. */
  setUp(account: NewAccount & ({ readonly link: string } | { readonly secret: string })): Promise<void>;
}

/** What signing in needs is loaded with the first that does; who signs out meanwhile has signed out. */
export function createSignIn({ begin, ...deps }: WaysInDeps & Pick<Beginning, "begin">): SignIn {
  const ways = later(making(loadSigningIn, ({ createWaysIn }) => createWaysIn(deps)));
  return {
    signIn: Object.assign((credentials: Credentials) => ways.byPassword(begin(), credentials), {
      with: ((name, input) => ways.by(begin(), name, input)) as SignInWays["with"],
    }),
    signUp: (account) => ways.signUp(begin(), account),
    setUp: (account) => ways.setUp(begin(), account),
  };
}
