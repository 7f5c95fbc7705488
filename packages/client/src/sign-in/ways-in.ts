import { httpLink } from "@trpc/client/links/httpLink";
import type { IssuerRouter } from "../api.ts";
import { createCalls } from "../calls/calls.ts";
import { ClientError } from "../errors.ts";
import type { Session } from "../session/session.ts";
import { unredirected } from "../unredirected.ts";
import type { Credentials, SignIn, SignInWays } from "./sign-in.ts";

export interface WaysInDeps {
  /** The issuer's address, without a slash at its end. */
  readonly url: string;
  /** Id of this app. */
  readonly client: string;
  /** The thumbprint of the key that the session is going to be bound to, where it is. */
  readonly jkt: (() => Promise<string>) | undefined;
  /** Begins a sign-in, which ends with what is returned. */
  readonly begin: () => Session["start"];
  readonly fetch: typeof fetch;
}

/** The ways of `SignIn`, side by side. */
export interface WaysIn extends Pick<SignIn, "signUp" | "setUp"> {
  byPassword(credentials: Credentials): Promise<void>;
  readonly by: SignInWays["with"];
}

/** Each call in a request of its own and without a token: it comes before having one. */
export function createWaysIn({ url, client, jkt, begin, fetch }: WaysInDeps): WaysIn {
  const api = createCalls<IssuerRouter>(
    httpLink({
      url: `${url}/trpc`,
      // A credential goes to this server and to none that it names.
      fetch: (input, init) => unredirected(fetch)(input as string, init as RequestInit),
    }),
  );
  /** What is sent by whom, and what its answer is for. */
  const signIn = async (prove: (app: App) => Promise<{ readonly handoff: string }>) => {
    const start = begin();
    await start(await prove({ client, ...(jkt && { jkt: await jkt() }) }));
  };
  return {
    byPassword: ({ email, password }) => signIn((app) => api.signIn.password.mutate({ ...app, email, password })),
    by: (method, input) => {
      // The method's own schema says whether it is right; here it only has to be JSON, which the link makes of it.
      const json = input as Parameters<typeof api.signIn.method.mutate>[0]["input"];
      return signIn((app) => api.signIn.method.mutate({ ...app, method, input: json }));
    },
    signUp: ({ email, name, password, invitation }) => {
      const invited = invitation === undefined ? {} : { invitation };
      return signIn((app) => api.signIn.signUp.mutate({ ...app, email, name, password, ...invited }));
    },
    setUp: ({ email, name, password, ...proof }) =>
      signIn((app) => {
        const secret = "link" in proof ? secretOf(proof.link, url) : proof.secret;
        return api.signIn.setUp.mutate({ ...app, email, name, password, secret });
      }),
  };
}

/** Which app signs somebody in, and the key that the session is to be bound to. */
interface App {
  readonly client: string;
  readonly jkt?: string;
}

/** The secret stands behind the `#`, where no server and no log sees it. It is for the server that made it. */
function secretOf(link: string, url: string): string {
  const parsed = URL.canParse(link) ? new URL(link) : undefined;
  const place = parsed && parsed.origin + parsed.pathname;
  if (place === `${url}/setup` && parsed && parsed.hash.length > 1) return parsed.hash.slice(1);
  throw new ClientError("invalid_code");
}
