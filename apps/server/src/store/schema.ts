import type { Algorithm } from "@countersign/tokens";
import type { AuditEntry, Client, EndCause, RoleNarrowing, Session } from "./records.ts";

// The tables as Kysely knows them, the same in every database: times are milliseconds since the epoch, booleans are 0 or
// 1, lists and objects are JSON text, and `org` is null outside an organisation.

type Bit = 0 | 1;
type Json = string;

interface InstallationTable {
  /** Always 1: there is one row. */
  id: number;
  epoch: string;
  master_key_id: string;
  /** Null until an instance that knows of it starts. */
  feed_incarnation: string | null;
  key_algorithm: Algorithm;
}

interface AccountTable {
  id: string;
  email: string;
  name: string;
  password_hash: string | null;
  version: number;
  disabled_at: number | null;
  created_at: number;
  email_proved_at: number | null;
}

interface AccountMetadataTable {
  account_id: string;
  public: Json;
  private: Json;
}

interface SessionTable {
  id: string;
  account_id: string;
  client_id: string;
  org: string | null;
  gen: number;
  gen_at: number;
  late: Bit;
  streak: number;
  salt: string;
  secret_version: number;
  version: number;
  jkt: string | null;
  auth_time: number;
  amr: Json;
  acr: Session["acr"];
  idle_end: number;
  abs_end: number;
  ended_at: number | null;
  end_cause: EndCause | null;
  user_agent: string | null;
  created_at: number;
  /** When tokens were made from it last. Null where an instance that does not know of this began it; see `gen_at`, too. */
  minted_at: number | null;
}

interface RoleTable {
  name: string;
  description: string;
  built_in: Bit;
  /** Not null where it permits nothing any more and only its grants are left to be deleted. */
  removed_at: number | null;
}

interface RolePermissionTable {
  role: string;
  audience: string;
  permission: string;
}

interface RoleDeclarationTable {
  role: string;
  audience: string;
}

interface RoleGrantTable {
  account_id: string;
  role: string;
  org: string | null;
}

interface RoleNarrowingTable {
  id: string;
  role: string;
  audiences: Json;
  minted_since: number;
  removes: Bit;
  step: RoleNarrowing["step"];
  after: string;
  minters: number;
  created_at: number;
}

interface ClientTable {
  id: string;
  name: string;
  mode: Client["mode"];
  origins: Json;
  audiences: Json;
}

interface AudienceTable {
  id: string;
  permissions: Json;
  procedures: Json | null;
  bound_tokens: Bit;
  version: number;
}

interface ServiceTable {
  id: string;
  name: string;
  version: number;
  disabled_at: number | null;
  created_at: number;
}

interface ServicePermissionTable {
  service_id: string;
  audience: string;
  permission: string;
}

interface ServiceSecretTable {
  id: string;
  service_id: string;
  hash: string;
  created_at: number;
  used_on: number | null;
}

interface HandoffTable {
  hash: string;
  account_id: string;
  client_id: string;
  origin: string | null;
  jkt: string | null;
  amr: Json;
  acr: Session["acr"];
  auth_time: number;
  expires_at: number;
}

interface UsedProofTable {
  key: string;
  /** When it can be forgotten. */
  until: number;
}

interface InvitationTable {
  id: string;
  hash: string;
  email: string;
  roles: Json;
  invited_by: string;
  created_at: number;
  expires_at: number;
}

interface MailTable {
  id: string;
  kind: string;
  subject: string;
  sealed: string;
  attempts: number;
  due_at: number;
  created_at: number;
}

interface SetUpTable {
  /** Always 1: there is one link. */
  id: number;
  hash: string;
  expires_at: number;
}

interface SigningKeyTable {
  kid: string;
  alg: Algorithm;
  public_jwk: Json;
  sealed: string;
  published_at: number;
  activated_at: number | null;
  retired_at: number | null;
}

interface RefreshSecretTable {
  version: number;
  sealed: string;
  created_at: number;
}

interface RevocationTable {
  number: number;
  kind: "session" | "account" | "service" | "audience" | "key";
  fact_id: string;
  /** Null for a key: there is nothing to compare. */
  least: number | null;
  at: number;
}

interface RevocationCounterTable {
  /** Always 1: there is one count. */
  id: number;
  /** The number given last. Raising it is the lock under which transactions with facts commit one by one. */
  last: number;
}

/** What waits for the sealer. */
interface UnsealedAuditTable {
  id: string;
  at: number;
  event: string;
  outcome: AuditEntry["outcome"];
  actor: string | null;
  subject: string | null;
  session: string | null;
  address: string | null;
  detail: Json;
}

interface AuditTable extends UnsealedAuditTable {
  seq: number;
  hash: string;
}

interface AuditSealTable {
  /** The entry that the chain ended with. */
  seq: number;
  /** A JWS of seq, hash and time. */
  seal: string;
}

interface AuditKeyTable {
  kid: string;
  public_jwk: Json;
  sealed: string;
  created_at: number;
}

interface AuditRetentionTable {
  /** An operator gave up all entries up to this one, which has its seal. */
  through: number;
}

interface AttemptTable {
  key: string;
  /** When the window is over in which these were counted. */
  ends_at: number;
  count: number;
}

interface InstanceTable {
  id: string;
  master_key_id: string;
  seen_at: number;
}

export interface Schema {
  installation: InstallationTable;
  instances: InstanceTable;
  accounts: AccountTable;
  account_metadata: AccountMetadataTable;
  sessions: SessionTable;
  roles: RoleTable;
  role_permissions: RolePermissionTable;
  role_declarations: RoleDeclarationTable;
  role_grants: RoleGrantTable;
  role_narrowings: RoleNarrowingTable;
  clients: ClientTable;
  audiences: AudienceTable;
  services: ServiceTable;
  service_permissions: ServicePermissionTable;
  service_secrets: ServiceSecretTable;
  handoffs: HandoffTable;
  used_proofs: UsedProofTable;
  invitations: InvitationTable;
  mails: MailTable;
  set_up: SetUpTable;
  signing_keys: SigningKeyTable;
  refresh_secrets: RefreshSecretTable;
  revocations: RevocationTable;
  revocation_counter: RevocationCounterTable;
  audit: AuditTable;
  audit_unsealed: UnsealedAuditTable;
  audit_seals: AuditSealTable;
  audit_keys: AuditKeyTable;
  audit_retention: AuditRetentionTable;
  attempts: AttemptTable;
}
