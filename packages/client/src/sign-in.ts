import { createTRPCClient, httpLink } from "@trpc/client";
import type { IssuerRouter } from "./api.ts";
import { ClientError } from "./errors.ts";
import type { Session } from "./session.ts";
import { unredirected } from "./unredirected.ts";

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

export interface SignInDeps {
  /** The issuer's address, without a slash at its end. */
  readonly url: string;
  /** Id of this app. */
  readonly client: string;
  /** The thumbprint of the key that the session is going to be bound to, where it is. */
  readonly jkt: (() => Promise<string>) | undefined;
  readonly session: Pick<Session, "start">;
  readonly fetch: typeof fetch;
}

/** Each call in a request of its own and without a token: it comes before having one. */
export function createSignIn({ url, client, jkt, session, fetch }: SignInDeps): SignIn {
  const api = createTRPCClient<IssuerRouter>({
    links: [
      httpLink({
        url: `${url}/trpc`,
        // A credential goes to this server and to none that it names.
        fetch: (input, init) => unredirected(fetch)(input as string, init as RequestInit),
      }),
    ],
  });
  const app = async () => ({ client, ...(jkt && { jkt: await jkt() }) });
  const byPassword = async ({ email, password }: Credentials) =>
    session.start(await api.signIn.password.mutate({ ...(await app()), email, password }));
  const by: SignInWays["with"] = async (method, input) => {
    // The method's own schema says whether it is right; here it only has to be JSON, which the link makes of it.
    const json = input as Parameters<typeof api.signIn.method.mutate>[0]["input"];
    await session.start(await api.signIn.method.mutate({ ...(await app()), method, input: json }));
  };
  return {
    signIn: Object.assign(byPassword, { with: by }),
    signUp: async ({ email, name, password, invitation }) => {
      const invited = invitation === undefined ? {} : { invitation };
      await session.start(await api.signIn.signUp.mutate({ ...(await app()), email, name, password, ...invited }));
    },
    setUp: async ({ email, name, password, ...proof }) => {
      const secret = "link" in proof ? secretOf(proof.link, url) : proof.secret;
      await session.start(await api.signIn.setUp.mutate({ ...(await app()), email, name, password, secret }));
    },
  };
}

/** The secret stands behind the `#`, where no server and no log sees it. It is for the server that made it. */
function secretOf(link: string, url: string): string {
  const parsed = URL.canParse(link) ? new URL(link) : undefined;
  const place = parsed && parsed.origin + parsed.pathname;
  if (place === `${url}/setup` && parsed && parsed.hash.length > 1) return parsed.hash.slice(1);
  throw new ClientError("invalid_code");
}
