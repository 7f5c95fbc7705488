import { type AccessDeclaration, systemWorld } from "@countersign/tokens";
import type { IssuerOptions } from "../../issuer-options.ts";
import type { Role } from "../../store/records.ts";
import { wire } from "../../wiring.ts";
import type { Actor } from "../caller.ts";
import type { StartInput } from "../sessions/sessions.ts";
import { dieAtStatement } from "./die-at-statement.ts";

/** One act of an issuer that dies in the middle of it, as by a power cut. Given as JSON in the first argument. */
export interface Crash {
  readonly options: Pick<IssuerOptions, "issuer" | "database">;
  readonly act:
    | { readonly refresh: string }
    | ({ readonly start: string } & Partial<Pick<StartInput, "client" | "origin" | "proof">>)
    | { readonly push: AccessDeclaration; readonly by: Actor }
    | { readonly invite: string; readonly by: Actor }
    | { readonly update: Omit<Role, "builtIn">; readonly by: Actor }
    | { readonly remove: string; readonly by: Actor };
  /**
   * Before the so manieth random bytes of the act are given, or its so manieth statement is sent to the database, or
   * while the mail is sent that it wrote.
   */
  readonly when: { readonly random: number } | { readonly statement: number } | "mail is sent";
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("killed");
}

const { options, act, when } = JSON.parse(process.argv[2] ?? "") as Crash;
let armed = false;
let randoms = 0;

const { services } = await wire({
  ...options,
  masterKeys: [new Uint8Array(32).fill(7)],
  mail: { send: async () => die() },
  world: {
    now: () => systemWorld.now(),
    random: (bytes) => {
      randoms += 1;
      return armed && typeof when === "object" && "random" in when && randoms === when.random
        ? die()
        : systemWorld.random(bytes);
    },
  },
});

armed = true;
randoms = 0;
if (typeof when === "object" && "statement" in when) dieAtStatement(when.statement);
const nobody = { address: null, userAgent: null };
if ("refresh" in act) await services.sessions.refresh({ client: "cli", refreshToken: act.refresh }, nobody);
else if ("start" in act) {
  const { start: handoff, ...of } = act;
  await services.sessions.start({ client: "cli", origin: null, ...of, handoff }, nobody);
} else if ("push" in act) {
  await services.access.push(act.push, { prune: true, dryRun: false, emails: false }, act.by);
} else if ("update" in act) await services.roles.update(act.update, act.by);
else if ("remove" in act) await services.roles.remove(act.remove, act.by);
else await services.invitations.create({ email: act.invite, roles: [] }, act.by);
// The background sends, and nothing of it keeps the process alive.
if (when === "mail is sent") await new Promise((resolve) => setTimeout(resolve, 60_000));
// Whoever gets here was not killed, which the exit code tells.
process.exit(0);
