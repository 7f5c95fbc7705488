import { type ForeignAlgorithm, type ForeignClaims, foreignAlgorithms, type World } from "@countersign/tokens";
import type { RemoteOptions } from "../issuer/published-keys.ts";
import { assertHttps } from "../options.ts";
import { positive } from "../positive.ts";

/** Which claim says it, by name; or how to tell from the claims, whose shapes nobody has checked beyond their types. */
export type FromClaims<T> = string | ((claims: ForeignClaims) => T);

/** What is expected of the tokens of another OpenID or OAuth issuer, and what they mean here. */
export interface OidcOptions extends RemoteOptions {
  /** The issuer's identifier: an https URL, exactly as it stands in its metadata and in the tokens. */
  readonly issuer: string;
  /** What the issuer calls this API, exactly as it stands in `aud`. Never a client's id. */
  readonly audience: string;
  /** Which claim holds the permissions, a text with spaces between or a list: `scope`, `permissions`; or a function. */
  readonly permissions: FromClaims<readonly string[]>;
  /** Written out, because it is a decision: another issuer tells nobody what it revoked. */
  readonly revocation: { readonly mode: "until-expiry" };
  /** Which algorithms the issuer may sign with; RS256, PS256, ES256 and EdDSA by default. */
  readonly algorithms?: readonly ForeignAlgorithm[];
  /** The tokens' type: `at+jwt` by default (RFC 9068); for a less strict issuer `JWT`, or `null` where it names none. */
  readonly typ?: "at+jwt" | "JWT" | null;
  /** Whether a token may be for other APIs too, its `aud` a list that holds this one; false by default. */
  readonly severalAudiences?: boolean;
  /** The longest life that a token may have, in seconds; 3 600 by default. So long may a revoked one live. */
  readonly maxLife?: number;
  /** Where the keys are, if not where the metadata says, or not on the issuer's own origin. Nothing else is then asked. */
  readonly jwksUri?: string;
  /** Which claim holds the client's id; `client_id` by default, elsewhere `azp` or `cid`. */
  readonly client?: FromClaims<string>;
  /** Which claim holds the organisation; none by default. */
  readonly org?: FromClaims<string | null>;
  /**
   * Whether a program acts for itself. Written out, because issuers differ, and one that is not recognised is taken for a
   * person: `sub-is-client` where the subject of its token is the client (RFC 9068 §5), or how to tell from the claims.
   */
  readonly isService: "sub-is-client" | ((claims: ForeignClaims) => boolean);
  /** Whether the person proved a second factor; by default nobody has. */
  readonly twoFactor?: (claims: ForeignClaims) => boolean;
  /** Clock and randomness; the machine's by default. */
  readonly world?: World;
}

type Optional = "fetch" | "jwksUri" | "org" | "world" | "revocation";
/** Checked, with every default written out. */
export type OidcSettings = Required<Omit<OidcOptions, Optional>> & Pick<OidcOptions, Exclude<Optional, "revocation">>;

/** @throws {TypeError} with a sentence that names the setting, for whatever would make a verifier that does not verify. */
export function checkOidcOptions({ revocation, ...options }: OidcOptions): OidcSettings {
  const { algorithms = foreignAlgorithms, typ = "at+jwt", severalAudiences = false, client = "client_id" } = options;
  const { isService, twoFactor = () => false, maxLife = 3600 } = options;
  assertHttps("issuer", options.issuer);
  if (options.jwksUri !== undefined) assertHttps("jwksUri", options.jwksUri);
  if (typeof options.audience !== "string" || !/^[!-~]{1,255}$/.test(options.audience)) {
    throw new TypeError("audience: name what the issuer calls this API, as it stands in its tokens");
  }
  if (revocation?.mode !== "until-expiry") {
    throw new TypeError('revocation: another issuer tells nobody what it revoked; write out { mode: "until-expiry" }');
  }
  const known =
    Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every((name) => foreignAlgorithms.includes(name));
  if (!known) throw new TypeError(`algorithms: some of ${foreignAlgorithms.join(", ")}`);
  if (!["at+jwt", "JWT", null].includes(typ)) throw new TypeError('typ: "at+jwt", "JWT" or null');
  if (typeof severalAudiences !== "boolean") throw new TypeError("severalAudiences: true or false");
  for (const [name, value] of Object.entries({ permissions: options.permissions, client, org: options.org ?? "org" })) {
    if (typeof value !== "function" && (typeof value !== "string" || value === "")) {
      throw new TypeError(`${name}: the name of a claim, or a function of the claims`);
    }
  }
  if (isService !== "sub-is-client" && typeof isService !== "function") {
    throw new TypeError(
      'isService: write out how programs are told from people: "sub-is-client", or a function of the claims',
    );
  }
  if (typeof twoFactor !== "function") throw new TypeError("twoFactor: a function of the claims");
  positive("maxLife", maxLife);
  return Object.freeze({ ...options, algorithms, typ, severalAudiences, client, twoFactor, maxLife });
}
