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
  readonly session: Pick<Session, "start">;
  readonly fetch: typeof fetch;
}

/** The ways of `SignIn`, side by side. */
export interface WaysIn extends Pick<SignIn, "signUp" | "setUp"> {
  byPassword(credentials: Credentials): Promise<void>;
  readonly by: SignInWays["with"];
}

/** Each call in a request of its own and without a token: it comes before having one. */
export function createWaysIn({ url, client, jkt, session, fetch }: WaysInDeps): WaysIn {
  const api = createCalls<IssuerRouter>(
    httpLink({
      url: `${url}/trpc`,
      // A credential goes to this server and to none that it names.
      fetch: (input, init) => unredirected(fetch)(input as string, init as RequestInit),
    }),
  );
  const app = async () => ({ client, ...(jkt && { jkt: await jkt() }) });
  return {
    byPassword: async ({ email, password }) =>
      session.start(await api.signIn.password.mutate({ ...(await app()), email, password })),
    by: async (method, input) => {
      // The method's own schema says whether it is right; here it only has to be JSON, which the link makes of it.
      const json = input as Parameters<typeof api.signIn.method.mutate>[0]["input"];
      await session.start(await api.signIn.method.mutate({ ...(await app()), method, input: json }));
    },
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
