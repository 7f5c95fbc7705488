import type { Selectable } from "kysely";
import { parseTexts } from "./json.ts";
import type { Session } from "./records.ts";
import type { Schema } from "./schema.ts";

type Row = Selectable<Schema["sessions"]>;

export function sessionToRow(session: Session): Row {
  return {
    id: session.id,
    account_id: session.accountId,
    client_id: session.clientId,
    org: session.org,
    gen: session.gen,
    gen_at: session.genAt,
    late: session.late ? 1 : 0,
    streak: session.streak,
    salt: session.salt,
    secret_version: session.secretVersion,
    version: session.version,
    jkt: session.jkt,
    auth_time: session.authTime,
    amr: JSON.stringify(session.amr),
    acr: session.acr,
    idle_end: session.idleEnd,
    abs_end: session.absEnd,
    ended_at: session.endedAt,
    end_cause: session.endCause,
    user_agent: session.userAgent,
    created_at: session.createdAt,
    minted_at: session.genAt,
  };
}

export function sessionFromRow(row: Row): Session {
  return {
    id: row.id,
    accountId: row.account_id,
    clientId: row.client_id,
    org: row.org,
    gen: row.gen,
    genAt: row.gen_at,
    late: row.late === 1,
    streak: row.streak,
    salt: row.salt,
    secretVersion: row.secret_version,
    version: row.version,
    jkt: row.jkt,
    authTime: row.auth_time,
    amr: parseTexts(row.amr),
    acr: row.acr,
    idleEnd: row.idle_end,
    absEnd: row.abs_end,
    endedAt: row.ended_at,
    endCause: row.end_cause,
    userAgent: row.user_agent,
    createdAt: row.created_at,
  };
}
