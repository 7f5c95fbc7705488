import {
  type Claims,
  EVERYTHING,
  type GeneratedKey,
  generateKey,
  importSigningKey,
  importVerificationKey,
  issueAccessToken,
  RevocationSet,
  systemWorld,
  type VerificationKey,
  type World,
} from "@countersign/tokens";
import type { Fetch } from "../issuer/fetch-json.ts";
import { metadataUrl } from "../issuer/issuer-documents.ts";
import { createVerifier, type OwnVerifier } from "../verify/local-verifier.ts";
import type { Subject } from "../verify/verifier.ts";
import { type Caller, type PermissionOf, subjectOf } from "./callers.ts";

// Part of the testing entry: see testing.ts.

export interface TestIssuerOptions {
  /** Its identifier, an https URL; `https://issuer.test` by default. Nothing listens there. */
  readonly issuer?: string;
  /** Whom its tokens are for, and the audience of the guards that it is given to; left out, the issuer itself. */
  readonly audience?: string;
  /** The first key, made by `generateKey` of `@countersign/tokens`; a fresh Ed25519 one by default. */
  readonly key?: GeneratedKey;
  /** Clock and randomness; the machine's by default. */
  readonly world?: World;
}

export interface TestTokenOptions {
  /** The token's life in seconds, up to 900; 300 by default. At −30 and below it has expired, leeway and all. */
  readonly expiresIn?: number;
  /** For another audience than the issuer's usual one. */
  readonly audience?: string;
  /** Binds it to the key with this thumbprint (RFC 7638): it is good with that key's proofs alone (RFC 9449). */
  readonly jkt?: string;
}

/** An issuer with real keys and no database: its tokens are verified as any, nothing is skipped. */
export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** For guards in the same process: `createGuard(t, { issuer: issuer.verifier, … })`. Knows what `revoke` did. */
  readonly verifier: OwnVerifier;
  /** For guards that know the issuer by its URL: `createGuard(t, { issuer: issuer.issuer, fetch: issuer.fetch, … })`. */
  readonly fetch: Fetch;
  /** A signed access token. With the guard's type, a misspelt permission does not compile: `token<typeof guard>(…)`. */
  token<G = unknown>(caller: Caller<PermissionOf<G>>, options?: TestTokenOptions): Promise<string>;
  /** Ends a session (`session_ended`), or makes every token that an account or a service has so far stale (`token_stale`). */
  revoke(whom: { readonly session: string } | { readonly account: string } | { readonly service: string }): void;
  /** Another key signs from now on. With `forget`, the former ones are published no more and their tokens are refused. */
  rotate(options?: { readonly forget?: boolean }): Promise<void>;
}

/** @throws {TypeError} where the issuer's identifier is no URL. */
export async function testIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = "https://issuer.test", world = systemWorld } = options;
  const { audience = issuer } = options;
  const metadata = metadataUrl(issuer);
  const keySetUrl = `${issuer}/.well-known/jwks.json`;
  const ring = new Map<string, { published: GeneratedKey["publicJwk"]; key: VerificationKey }>();
  const revocations = new RevocationSet();
  const versions = new Map<string, number>();
  let minted = 0;

  async function take({ kid, alg, publicJwk, privateJwk }: GeneratedKey) {
    ring.set(kid, { published: publicJwk, key: await importVerificationKey(publicJwk) });
    return await importSigningKey(kid, alg, privateJwk);
  }
  let signing = await take(options.key ?? (await generateKey("EdDSA")));

  const verifier = createVerifier({
    issuer,
    keys: (kid) => ring.get(kid)?.key,
    hasKey: (kid) => ring.has(kid),
    revoked: ({ kid, claims }) => revocations.judge(kid, claims),
    now: () => world.now(),
  });
  const version = (kind: Subject["kind"], id: string) => versions.get(`${kind} ${id}`) ?? 0;

  return Object.freeze({
    issuer,
    audience,
    verifier: Object.freeze({ ...verifier, audience: options.audience }),
    async fetch(url: string) {
      if (url === metadata) return Response.json({ issuer, jwks_uri: keySetUrl });
      if (url === keySetUrl) return Response.json({ keys: [...ring.values()].map(({ published }) => published) });
      return new Response("not found", { status: 404 });
    },
    async token(caller: Caller, { expiresIn = 300, ...given }: TestTokenOptions = {}) {
      const subject = subjectOf(caller, world.now());
      const now = Math.floor(world.now() / 1000);
      const exp = now + expiresIn;
      minted += 1;
      const common = { iss: issuer, aud: given.audience ?? audience, iat: Math.min(now, exp - 1), exp };
      const av = version(subject.kind, subject.id);
      const cnf = given.jkt === undefined ? {} : { cnf: { jkt: given.jkt } };
      const claims = { ...common, jti: `token-${minted}`, av, ...cnf, ...claimsOf(subject) };
      // Its shape is checked where it is signed.
      return await issueAccessToken(claims as Claims, signing);
    },
    revoke(whom: Parameters<TestIssuer["revoke"]>[0]) {
      if ("session" in whom)
        return revocations.add({ kind: "session", id: whom.session, least: EVERYTHING }, world.now());
      const [kind, id] =
        "account" in whom ? (["account", whom.account] as const) : (["service", whom.service] as const);
      const least = version(kind, id) + 1;
      versions.set(`${kind} ${id}`, least);
      revocations.add({ kind, id, least }, world.now());
    },
    async rotate({ forget = false } = {}) {
      const former = [...ring.keys()];
      signing = await take(await generateKey("EdDSA"));
      if (forget) for (const kid of former) ring.delete(kid);
    },
  });
}

function claimsOf(subject: Subject) {
  const common = { sub: subject.id, client_id: subject.client, scope: subject.permissions.join(" ") };
  if (subject.kind === "service") return common;
  const { session, org, authTime, amr, acr, claims } = subject;
  const account = { ...common, sid: session, auth_time: authTime, amr, acr, sv: 0, ext: claims };
  return org === null ? account : { ...account, org };
}
