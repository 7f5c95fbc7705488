import { type AccessDeclaration, systemWorld } from "@countersign/tokens";
import type { IssuerOptions } from "../../issuer-options.ts";
import { wire } from "../../wiring.ts";
import type { Actor } from "../caller.ts";

/** One act of an issuer that dies in the middle of it, as by a power cut. Given as JSON in the first argument. */
export interface Crash {
  readonly options: Pick<IssuerOptions, "issuer" | "database">;
  readonly act:
    | { readonly refresh: string }
    | { readonly start: string }
    | { readonly push: AccessDeclaration; readonly by: Actor };
  /** Between the commit and the reply, or before the so manieth random bytes of the act are given. */
  readonly when: "before the reply" | { readonly random: number };
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
  // Asked for while tokens are signed: after the commit.
  claims: async () => (armed && when === "before the reply" ? die() : undefined),
  world: {
    now: () => systemWorld.now(),
    random: (bytes) => {
      randoms += 1;
      return armed && typeof when === "object" && randoms === when.random ? die() : systemWorld.random(bytes);
    },
  },
});

armed = true;
randoms = 0;
const nobody = { address: null, userAgent: null };
if ("refresh" in act) await services.sessions.refresh({ client: "cli", refreshToken: act.refresh }, nobody);
else if ("push" in act) {
  await services.access.push(act.push, { prune: true, dryRun: false, emails: false }, act.by);
} else await services.sessions.start({ client: "cli", origin: null, handoff: act.start }, nobody);
// Whoever gets here was not killed, which the exit code tells.
process.exit(0);
