// @generated from the issuer's router: npx -y pnpm@12 generate

import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from "@trpc/server";

/** A public error code: the closed union of everything that can be refused. */
export type Reason =
  | "account_required"
  | "bad_request"
  | "batch_refused"
  | "busy"
  | "clock_skew"
  | "conflict"
  | "internal"
  | "invalid_client"
  | "invalid_code"
  | "invalid_grant"
  | "invalid_target"
  | "key_mismatch"
  | "last_administrator"
  | "malformed_credentials"
  | "method_not_allowed"
  | "no_token"
  | "not_found"
  | "not_permitted"
  | "origin_refused"
  | "password_unsuitable"
  | "proof_invalid"
  | "rate_limited"
  | "revocation_unknown"
  | "session_ended"
  | "sign_up_closed"
  | "step_up_required"
  | "tls_required"
  | "token_expired"
  | "token_invalid"
  | "token_stale"
  | "too_large"
  | "unavailable"
  | "unknown_key"
  | "unsupported_media_type"
  | "use_dpop_nonce"
  | "wrong_credentials";

/** One access token of a reply, for one audience (RFC 6749 §5.1). */
export type TokenReply = {
  readonly audience: string;
  readonly access_token: string;
  /** `DPoP`: it is good with proofs of the key that the session is bound to, and nothing else (RFC 9449 §5). */
  readonly token_type: "Bearer" | "DPoP";
  /** Life from `server_time`, in seconds. */
  readonly expires_in: number;
  /** The permissions that hold at the audience, space-separated. */
  readonly scope: string;
};

/** What `/session/start` and `/session/refresh` answer. */
export type SessionReply = {
  /** Account id, for the app to tell one user from the next. */
  readonly account: string;
  readonly session: string;
  /** The issuer's time of this reply in seconds since the epoch, with fractions: clients measure their skew by it. */
  readonly server_time: number;
  /** When the session ends however often it is refreshed, in seconds since the epoch. */
  readonly session_end: number;
  readonly tokens: readonly TokenReply[];
  /** Absent in cookie mode, where it travels in a cookie that no script reads. */
  readonly refresh_token?: string;
};

type JSONType = JSONType[] | boolean | number | string | { [key: string]: JSONType } | null;

/** What an error of the issuer looks like. */
type IssuerError = {
  /** The reason again. */
  readonly message: Reason;
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly data: {
    readonly code: TRPC_ERROR_CODE_KEY;
    readonly httpStatus: number;
    readonly reason: Reason;
    /** Seconds. */
    readonly retryAfter?: number;
  };
};

/** The same, from a procedure: the guard may have refused the call. */
type ProcedureError = {
  /** The reason again. */
  readonly message: Reason;
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly data: {
    readonly code: TRPC_ERROR_CODE_KEY;
    readonly httpStatus: number;
    readonly reason: Reason;
    /**
     * Seconds.
     * Seconds until a repetition makes sense.
     */
    readonly retryAfter?: number;
    /**
     * The guard refused before the procedure ran: repeating the call repeats nothing. Not there beside a reason that ends an
     * open subscription: that has run, and goes on after its last event with another token.
     */
    readonly ran?: false;
    /** For `step_up_required`: the greatest age of the sign-in in seconds. */
    readonly maxAge?: number;
    /** For `use_dpop_nonce`: what the next proof has to hold. `DPoP-Nonce` says it too, where the answer has headers to set. */
    readonly nonce?: string;
  };
};

/** A procedure, and who may call it. */
type Definition<Input, Output, Policy> = {
  input: Input;
  output: Output;
  meta: { readonly "~policy"?: Policy };
  errorShape: ProcedureError;
};
type Query<Input, Output, Policy> = TRPCQueryProcedure<Definition<Input, Output, Policy>>;
type Mutation<Input, Output, Policy> = TRPCMutationProcedure<Definition<Input, Output, Policy>>;

/** The issuer's API, as a type. */
export type IssuerRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: IssuerError; transformer: false },
  {
    access: {
      table: Query<
        { audience?: string | undefined } | undefined,
        Readonly<
          Record<
            string,
            | { readonly allowed: readonly string[] }
            | { readonly allowedAny: readonly string[] }
            | { readonly open: string }
            | { readonly orSignedIn: string }
            | { readonly signedIn: true; readonly within?: number | undefined }
          >
        >,
        { readonly signedIn: true }
      >;
      mine: Query<void, { permissions: readonly string[]; paths: readonly string[] }, { readonly signedIn: true }>;
      push: Mutation<
        {
          declaration: {
            /** The API's identifier: its public base URL, exactly as it stands in its tokens. */
            readonly audience: string;
            /** Every permission of the API, each `noun:verb`. */
            readonly permissions: readonly string[];
            /** By name: small letters, digits and dashes. */
            readonly roles?:
              | Readonly<
                  Record<
                    string,
                    {
                      /** What it is for. Said when the role is made; afterwards administrators may say something else. */
                      readonly description?: string | undefined;
                      /** Of those that the API declares, and of no other's. */
                      readonly permissions: readonly string[];
                    }
                  >
                >
              | undefined;
            /** Who may call what there, as `guard.seal(router)` says it: apps ask it what to show. It grants nothing. */
            readonly procedures?:
              | Readonly<
                  Record<
                    string,
                    | { readonly allowed: readonly string[] }
                    | { readonly allowedAny: readonly string[] }
                    | { readonly open: string }
                    | { readonly orSignedIn: string }
                    | { readonly signedIn: true; readonly within?: number | undefined }
                  >
                >
              | undefined;
            /**
             * Whether its tokens are bound to their client's key, where the client proves one (DPoP, RFC 9449): its guard needs `dpop`.
             * What is left out stays; at first they are bearer tokens.
             */
            readonly boundTokens?: boolean | undefined;
          };
          /** Removes what is not declared any more as well. */
          prune?: boolean | undefined;
          /** Reports, and changes nothing. */
          dryRun?: boolean | undefined;
          /** Only this very change, as the report of a dry run named it; any other is refused with `conflict`. */
          plan?: string | undefined;
        },
        {
          audience: string;
          plan: string;
          added: {
            audience: boolean;
            permissions: readonly string[];
            procedures: boolean;
            boundTokens: boolean | null;
            roles: readonly { name: string; isNew: boolean; permissions: readonly string[]; accounts: number }[];
          };
          /** What goes with `prune`, and stays without. */
          undeclared: {
            permissions: readonly { permission: string; roles: readonly string[]; accounts: number }[];
            roles: readonly { name: string; goes: boolean; permissions: readonly string[]; accounts: number }[];
            accounts: number;
            /** Some of those who are affected; none for who may not read accounts. */
            emails: readonly string[];
          };
        },
        { readonly allowed: readonly ["access:write"] }
      >;
    };
    account: {
      /** What the installation keeps for itself alone is left out here, and by the output. */
      me: Query<
        void,
        {
          id: string;
          email: string;
          name: string;
          roles: readonly string[];
          createdAt: number;
          metadata: { public: Record<string, unknown> };
        },
        { readonly signedIn: true }
      >;
      changePassword: Mutation<{ current: string; next: string }, void, { readonly signedIn: true }>;
      /** Proves the password again for the session that asks; refresh it afterwards. */
      stepUp: Mutation<{ password: string }, void, { readonly signedIn: true }>;
      sessions: Query<
        void,
        {
          id: string;
          client: string;
          userAgent: string | null;
          createdAt: number;
          refreshedAt: number;
          /** When it ends unless it is refreshed before. */
          expiresAt: number;
          /** Whether it is the one that asks. */
          current: boolean;
        }[],
        { readonly signedIn: true }
      >;
      endSession: Mutation<{ id: string }, void, { readonly signedIn: true }>;
      endOtherSessions: Mutation<void, { ended: number }, { readonly signedIn: true }>;
    };
    audiences: {
      list: Query<
        void,
        readonly { audience: string; permissions: readonly string[]; roles: readonly string[] }[],
        { readonly allowed: readonly ["roles:read"] }
      >;
    };
    audit: {
      list: Query<
        | {
            event?: string | undefined;
            outcome?: "refused" | "success" | undefined;
            actor?: string | undefined;
            subject?: string | undefined;
            session?: string | undefined;
            address?: string | undefined;
            from?: number | undefined;
            to?: number | undefined;
            limit?: number | undefined;
            after?: string | undefined;
          }
        | undefined,
        readonly {
          at: number;
          seq: number | null;
          id: string;
          event: string;
          outcome: "refused" | "success";
          actor: string | null;
          subject: string | null;
          session: string | null;
          address: string | null;
          detail: Readonly<Record<string, boolean | number | string | null>>;
        }[],
        { readonly allowed: readonly ["audit:read"] }
      >;
      keys: Query<
        void,
        readonly (
          | { kty: "EC"; crv: "P-256"; alg: "ES256"; x: string; y: string; kid: string; use: "sig" }
          | { kty: "OKP"; crv: "Ed25519"; alg: "EdDSA"; x: string; kid: string; use: "sig" }
        )[],
        { readonly allowed: readonly ["audit:read"] }
      >;
      export: Query<
        { after?: number | undefined; limit?: number | undefined },
        {
          issuer: string;
          entries: readonly {
            at: number;
            id: string;
            event: string;
            outcome: "refused" | "success";
            actor: string | null;
            subject: string | null;
            session: string | null;
            address: string | null;
            detail: Readonly<Record<string, boolean | number | string | null>>;
            seq: number;
            hash: string;
          }[];
          seals: readonly { seq: number; seal: string }[];
          unsealed: readonly {
            at: number;
            id: string;
            event: string;
            outcome: "refused" | "success";
            actor: string | null;
            subject: string | null;
            session: string | null;
            address: string | null;
            detail: Readonly<Record<string, boolean | number | string | null>>;
          }[];
        },
        { readonly allowed: readonly ["audit:read"] }
      >;
    };
    invitations: {
      list: Query<
        { limit?: number | undefined; after?: string | undefined } | undefined,
        readonly {
          id: string;
          email: string;
          roles: readonly string[];
          invitedBy: string;
          createdAt: number;
          expiresAt: number;
        }[],
        { readonly allowed: readonly ["invitations:read"] }
      >;
      create: Mutation<
        { email: string; roles?: string[] | undefined },
        { id: string; expiresAt: number; secret?: string | undefined; link?: string | undefined },
        { readonly allowed: readonly ["invitations:write"] }
      >;
      remove: Mutation<{ id: string }, void, { readonly allowed: readonly ["invitations:write"] }>;
    };
    keys: {
      list: Query<
        void,
        readonly {
          kid: string;
          alg: "ES256" | "EdDSA";
          status: "current" | "next" | "previous";
          publishedAt: number;
          /** When it has been published for long enough to sign. */
          readyAt: number;
          activatedAt: number | null;
          retiredAt: number | null;
        }[],
        { readonly open: "public keys are public" }
      >;
      /** Has a successor sign from now on. No token dies by it. */
      rotate: Mutation<void, { current: string; retired: string }, { readonly allowed: readonly ["keys:write"] }>;
      /** Takes a key out at once, and with it every token that it signed. */
      revoke: Mutation<{ kid: string }, void, { readonly allowed: readonly ["keys:write"] }>;
    };
    roles: {
      list: Query<
        void,
        readonly {
          name: string;
          description: string;
          builtIn: boolean;
          permissions: readonly { audience: string; permission: string }[];
        }[],
        { readonly allowed: readonly ["roles:read"] }
      >;
      create: Mutation<
        { name: string; description: string; permissions: (string | { audience: string; permission: string })[] },
        void,
        { readonly allowed: readonly ["roles:write"] }
      >;
      update: Mutation<
        { name: string; description: string; permissions: (string | { audience: string; permission: string })[] },
        void,
        { readonly allowed: readonly ["roles:write"] }
      >;
      remove: Mutation<{ name: string }, void, { readonly allowed: readonly ["roles:write"] }>;
      grant: Mutation<{ account: string; role: string }, void, { readonly allowed: readonly ["roles:write"] }>;
      revoke: Mutation<{ account: string; role: string }, void, { readonly allowed: readonly ["roles:write"] }>;
    };
    services: {
      /** As RFC 6749 §4.4 has it, but for the form. */
      token: Mutation<
        { id: string; secret: string; audience?: string | undefined },
        {
          audience: string;
          access_token: string;
          token_type: "Bearer";
          expires_in: number;
          server_time: number;
          scope: string;
        },
        { readonly open: "a service proves itself by its secret, before it has a token" }
      >;
      list: Query<
        void,
        readonly {
          id: string;
          name: string;
          createdAt: number;
          disabledAt: number | null;
          permissions: readonly { audience: string; permission: string }[];
          /** The newest first; `usedOn` is the start of the day on which it was used last. */
          secrets: readonly { id: string; createdAt: number; usedOn: number | null }[];
        }[],
        { readonly allowed: readonly ["services:read"] }
      >;
      create: Mutation<
        { name: string; permissions: (string | { audience: string; permission: string })[] },
        { id: string; secret: { id: string; secret: string } },
        { readonly allowed: readonly ["services:write"] }
      >;
      /** Replaces what it may do. */
      update: Mutation<
        { id: string; permissions: (string | { audience: string; permission: string })[] },
        void,
        { readonly allowed: readonly ["services:write"] }
      >;
      rotate: Mutation<
        { id: string },
        { secret: { id: string; secret: string }; ended: readonly string[] },
        { readonly allowed: readonly ["services:write"] }
      >;
      revokeSecret: Mutation<{ id: string; secret: string }, void, { readonly allowed: readonly ["services:write"] }>;
      disable: Mutation<{ id: string }, void, { readonly allowed: readonly ["services:write"] }>;
      enable: Mutation<{ id: string }, void, { readonly allowed: readonly ["services:write"] }>;
      remove: Mutation<{ id: string }, void, { readonly allowed: readonly ["services:write"] }>;
    };
    signIn: {
      password: Mutation<
        { email: string; password: string; client: string; jkt?: string | undefined },
        { handoff: string; expiresIn: number },
        { readonly open: "signing in comes before having a token" }
      >;
      /** Any other method that this installation has. */
      method: Mutation<
        { method: string; input: JSONType; client: string; jkt?: string | undefined },
        { handoff: string; expiresIn: number },
        { readonly open: "signing in comes before having a token" }
      >;
      signUp: Mutation<
        {
          email: string;
          name: string;
          password: string;
          client: string;
          invitation?: string | undefined;
          jkt?: string | undefined;
        },
        { handoff: string; expiresIn: number },
        { readonly open: "making an account comes before having one" }
      >;
      setUp: Mutation<
        { secret: string; email: string; name: string; password: string; client: string; jkt?: string | undefined },
        { handoff: string; expiresIn: number },
        { readonly open: "the first administrator comes before any other" }
      >;
    };
    users: {
      list: Query<
        { limit?: number | undefined; after?: string | undefined } | undefined,
        readonly {
          id: string;
          email: string;
          name: string;
          roles: readonly string[];
          createdAt: number;
          disabledAt: number | null;
        }[],
        { readonly allowed: readonly ["users:read"] }
      >;
      get: Query<
        { email: string } | { id: string },
        {
          id: string;
          email: string;
          name: string;
          roles: readonly string[];
          createdAt: number;
          disabledAt: number | null;
          metadata: { public: Record<string, unknown>; private: Record<string, unknown> };
        },
        { readonly allowed: readonly ["users:read"] }
      >;
      /** Replaces each part that is given. `narrowed` makes the tokens that the account has now too old. */
      setMetadata: Mutation<
        {
          id: string;
          public?: Record<string, unknown> | undefined;
          private?: Record<string, unknown> | undefined;
          narrowed?: boolean | undefined;
        },
        void,
        { readonly allowed: readonly ["users:write"] }
      >;
      disable: Mutation<{ id: string }, void, { readonly allowed: readonly ["users:write"] }>;
      enable: Mutation<{ id: string }, void, { readonly allowed: readonly ["users:write"] }>;
      endSessions: Mutation<{ id: string }, { ended: number }, { readonly allowed: readonly ["users:write"] }>;
      remove: Mutation<{ id: string }, void, { readonly allowed: readonly ["users:write"] }>;
    };
  }
>;
