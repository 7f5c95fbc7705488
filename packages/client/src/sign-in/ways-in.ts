import { httpLink } from "@trpc/client/links/httpLink";
import type { IssuerRouter } from "../api.ts";
import { createCalls } from "../calls/calls.ts";
import { ClientError } from "../errors.ts";
import type { Session } from "../session/session.ts";
import { unredirected } from "../unredirected.ts";
import type { Credentials, SignIn } from "./sign-in.ts";

export interface WaysInDeps {
  /** The issuer's address, without a slash at its end. */
  readonly url: string;
  /** Id of this app. */
  readonly client: string;
  /** The thumbprint of the key that the session is going to be bound to, where it is. */
  readonly jkt: (() => Promise<string>) | undefined;
  readonly fetch: typeof fetch;
}

/** What takes the answer of a sign-in that has begun. */
type Start = Session["start"];

/** The ways of `SignIn`, side by side. */
export interface WaysIn {
  byPassword(start: Start, credentials: Credentials): Promise<void>;
  by(start: Start, method: string, input: unknown): Promise<void>;
  signUp(start: Start, ...account: Parameters<SignIn["signUp"]>): Promise<void>;
  setUp(start: Start, ...account: Parameters<SignIn["setUp"]>): Promise<void>;
}

/** Each call in a request of its own and without a token: it comes before having one. */
export function createWaysIn({ url, client, jkt, fetch }: WaysInDeps): WaysIn {
  const api = createCalls<IssuerRouter>(
    httpLink({
      url: `${url}/trpc`,
      // A credential goes to this server and to none that it names.
      fetch: (input, init) => unredirected(fetch)(input as string, init as RequestInit),
    }),
  );
  const app = async (): Promise<App> => ({ client, ...(jkt && { jkt: await jkt() }) });
  return {
    byPassword: async (start, { email, password }) =>
      start(await api.signIn.password.mutate({ ...(await app()), email, password })),
    by: async (start, method, input) => {
      // The method's own schema says whether it is right; here it only has to be JSON, which the link makes of it.
      const json = input as Parameters<typeof api.signIn.method.mutate>[0]["input"];
      await start(await api.signIn.method.mutate({ ...(await app()), method, input: json }));
    },
    signUp: async (start, { email, name, password, invitation }) => {
      const invited = invitation === undefined ? {} : { invitation };
      await start(await api.signIn.signUp.mutate({ ...(await app()), email, name, password, ...invited }));
    },
    setUp: async (start, { email, name, password, ...proof }) => {
      const secret = "link" in proof ? secretOf(proof.link, url) : proof.secret;
      await start(await api.signIn.setUp.mutate({ ...(await app()), email, name, password, secret }));
    },
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
