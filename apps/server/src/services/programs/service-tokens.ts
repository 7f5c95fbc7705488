import { timingSafeEqual } from "node:crypto";
import { hashOneTimeSecret, issueAccessToken, Refusal, type TokenReply, type World } from "@countersign/tokens";
import type { Service, ServiceSecret } from "../../store/records.ts";
import type { Store } from "../../store/store.ts";
import { scopeAt } from "../access/audiences.ts";
import type { AuditWriter } from "../audit/audit.ts";
import type { Caller } from "../caller.ts";
import { createId } from "../ids.ts";
import type { Keys } from "../keys/keys.ts";
import { createAdmission } from "../limits/admission.ts";
import type { Limits } from "../limits/limits.ts";
import type { RefusedTokens } from "../limits/refused-tokens.ts";
import { versionClaim } from "../sessions/access-tokens.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

interface ServiceCredential {
  readonly id: string;
  readonly secret: string;
  /** The issuer's own unless given. */
  readonly audience?: string | undefined;
}

/** Times are in seconds. */
interface ServiceTokenReply extends TokenReply {
  readonly token_type: "Bearer";
  readonly server_time: number;
}

export interface ServiceTokens {
  /**
   * A token for a service that proves itself by one of its secrets (RFC 6749 §4.4, RFC 9068). It says what the service
   * may do at one audience, and lives for minutes: there is no refresh token.
   *
   * @throws {Refusal} `invalid_client` alike for an unknown service, a wrong secret, one that has ended and a disabled
   * service; `invalid_target` for an audience at which it may do nothing; `rate_limited`, `busy`
   */
  issue(credential: ServiceCredential, caller: Caller): Promise<ServiceTokenReply>;
}

export interface ServiceTokensDeps {
  readonly issuer: string;
  readonly store: Store;
  readonly world: World;
  readonly keys: Keys;
  readonly audit: AuditWriter;
  readonly limits: Limits;
  readonly refusedTokens: RefusedTokens;
  /** Seconds. */
  readonly life: number;
}

/**
 * The database is asked the same whoever asks and whatever is wrong, so time does not tell one refusal from another. The
 * version is read first: what changes after that leaves a token that is too old, and never one that says too much.
 */
export function createServiceTokens(deps: ServiceTokensDeps): ServiceTokens {
  const { issuer, store, world, keys, audit, limits, refusedTokens, life } = deps;
  const admit = createAdmission();

  const refuse = async (id: string, service: Service | undefined, cause: string, caller: Caller): Promise<Refusal> => {
    await refusedTokens.write("service.token_refused", cause, caller, service && { service: service.id });
    await limits.service(id, caller);
    return new Refusal("invalid_client", { detail: `service: ${cause}` });
  };

  /** Once a day and secret: a service asks every few minutes, all its life. */
  const noteUse = async ({ id, serviceId, usedOn }: ServiceSecret, now: number, caller: Caller): Promise<void> => {
    const day = now - (now % DAY_MS);
    if (usedOn !== null && usedOn >= day) return;
    await store.transaction(async (tx) => {
      if (!(await tx.services.noteUse(id, day))) return;
      const about = { subject: serviceId, actor: serviceId, detail: { secret: id } };
      await audit.write(tx, { event: "service.authenticated", at: now, by: caller, ...about });
    });
  };

  return {
    issue: ({ id, secret, audience = issuer }, caller) =>
      admit(caller, async () => {
        const at = await store.now();
        const hash = await hashOneTimeSecret(secret);
        const service = await store.services.byId(id);
        const secrets = await store.services.secrets(id);
        const there = await store.audiences.byId(audience);
        const granted = await store.services.permissions(id);

        const used = findSecret(secrets, hash);
        if (!service) throw await refuse(id, service, "unknown", caller);
        if (!used) throw await refuse(id, service, "wrong_secret", caller);
        if (service.disabledAt !== null) throw await refuse(id, service, "disabled", caller);
        const scope = there ? scopeAt(there, granted) : "";
        if (!there || scope === "") throw new Refusal("invalid_target", { detail: "no audience of this service" });
        await noteUse(used, at, caller);

        const iat = Math.floor(at / 1000);
        const exp = iat + life;
        const claims = { iss: issuer, sub: id, aud: audience, exp, iat, jti: createId(world), client_id: id, scope };
        return {
          audience,
          access_token: await issueAccessToken(
            { ...claims, av: service.version, ...versionClaim(there) },
            await keys.current(),
          ),
          token_type: "Bearer",
          expires_in: (exp * 1000 - at) / 1000,
          server_time: at / 1000,
          scope,
        };
      }),
  };
}

function findSecret(secrets: readonly ServiceSecret[], hash: string | undefined): ServiceSecret | undefined {
  const presented = Buffer.from(hash ?? "");
  return secrets.find((one) => {
    const kept = Buffer.from(one.hash);
    return kept.length === presented.length && timingSafeEqual(kept, presented);
  });
}
