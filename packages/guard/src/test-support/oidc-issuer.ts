import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";
import type { Fetch } from "../issuer/fetch-json.ts";

/** The real `oidc-provider` in the place of another issuer, on a real socket. */
export interface OidcIssuer {
  /** Reaches it under its https name, as through a proxy that ends TLS. */
  readonly fetch: Fetch;
  /** What a person gets who signs in at an app by the code flow. */
  signIn(account: string, scope: string): Promise<{ readonly accessToken: string; readonly idToken: string }>;
  /** What a program gets for itself. */
  clientCredentials(scope: string): Promise<string>;
  close(): Promise<void>;
}

const APP = { id: "app", secret: "app-secret", callback: "https://app.example/callback" };
const JOB = { id: "nightly", secret: "nightly-secret" };
const VERIFIER = "v".repeat(43);

export async function startOidcIssuer(options: {
  readonly issuer: string;
  readonly audience: string;
  readonly alg: "RS256" | "PS256" | "ES256" | "EdDSA";
}): Promise<OidcIssuer> {
  const { issuer, audience, alg } = options;
  const { origin, host, pathname } = new URL(issuer);
  const mount = pathname === "/" ? "" : pathname;
  const keys = await Promise.all(
    [...new Set(["RS256", alg])].map(async (name) => {
      const { privateKey } = await generateKeyPair(name, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg: name, use: "sig" };
    }),
  );
  const provider = new Provider(issuer, {
    clients: [
      { client_id: APP.id, client_secret: APP.secret, redirect_uris: [APP.callback] },
      {
        client_id: JOB.id,
        client_secret: JOB.secret,
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys } as never,
    cookies: { keys: ["of this test"] },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      ClientCredentials: 300,
      Grant: 300,
      IdToken: 300,
      Interaction: 60,
      Session: 300,
    },
    scopes: ["openid", "notes:read", "notes:write"],
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: () => ({ plan: "pro" }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: "notes:read notes:write",
          accessTokenFormat: "jwt",
          accessTokenTTL: 300,
          jwt: { sign: { alg } },
        }),
      },
    },
  });
  provider.proxy = true;
  const handle = provider.callback();
  const server = createServer((request, response) => {
    // Mounted under the path of its identifier, as Express would.
    const { url = "" } = request;
    Object.assign(request, { originalUrl: url, baseUrl: mount, url: url.slice(mount.length) });
    handle(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const reach: Fetch = async (url, init) => {
    if (!url.startsWith(origin)) throw new Error("nobody else is to be asked");
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-proto", "https");
    headers.set("x-forwarded-host", host);
    return await fetch(url.replace(origin, socket), { redirect: "manual", ...init, headers });
  };
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });
  const token = async (client: { id: string; secret: string }, fields: Record<string, string>) => {
    const authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`;
    const response = await reach(`${issuer}/token`, form({ ...fields, resource: audience }, { authorization }));
    const reply = (await response.json()) as { access_token?: string; id_token?: string };
    if (!reply.access_token) throw new Error(JSON.stringify(reply));
    return { accessToken: reply.access_token, idToken: reply.id_token ?? "" };
  };

  return {
    fetch: reach,
    async signIn(account, scope) {
      const query = new URLSearchParams({
        client_id: APP.id,
        response_type: "code",
        redirect_uri: APP.callback,
        scope: `openid ${scope}`,
        resource: audience,
        nonce: "n",
        code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
        code_challenge_method: "S256",
      });
      const answers = [{ prompt: "login", login: account, password: "any" }, { prompt: "consent" }];
      const callback = await walk(reach, `${issuer}/auth?${query}`, (url, jar) => {
        const [fields] = answers.splice(0, 1);
        if (!fields) throw new Error(`nothing to say at ${url}`);
        return reach(url, form({ ...fields } as Record<string, string>, { cookie: jar }));
      });
      const code = new URL(callback).searchParams.get("code") ?? "";
      const grant = { grant_type: "authorization_code", code, redirect_uri: APP.callback, code_verifier: VERIFIER };
      return await token(APP, grant);
    },
    async clientCredentials(scope) {
      return (await token(JOB, { grant_type: "client_credentials", scope })).accessToken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Goes where the issuer sends a browser, with its cookies, answering each page, until it is sent back to the app. */
async function walk(
  reach: Fetch,
  start: string,
  answer: (url: string, cookies: string) => Promise<Response>,
): Promise<string> {
  const jar = new Map<string, string>();
  const cookies = () => [...jar].map((pair) => pair.join("=")).join("; ");
  for (let url = start; ; ) {
    if (url.startsWith(APP.callback)) return url;
    let response = await reach(url, { headers: { cookie: cookies() } });
    if (response.status === 200) response = await answer(url, cookies());
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get("location");
    if (!location) throw new Error(`${response.status} at ${url}: ${await response.text()}`);
    url = new URL(location, url).href;
  }
}
