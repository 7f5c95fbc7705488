import type { ClientWorld } from "../client-world.ts";
import { later, making } from "../later.ts";
import type { Mode } from "../mode.ts";
import { sharedNotes } from "../page.ts";
import type { KnownSession, SessionWarning } from "../session/session-state.ts";
import { tellingNotes } from "../tabs/neighbours.ts";
import { createCookieStore } from "./cookie-store.ts";
import type { Prover } from "./prover.ts";
import type { SessionStore } from "./session-store.ts";

/** Where a session rests, and what proves its requests where it is bound to a key. */
export interface Keeping {
  readonly store: SessionStore;
  /** Whose session a cookie was last, as far as that is written down. Whoever keeps the tokens needs no such word. */
  readonly lastKnown?: () => KnownSession | undefined;
  readonly prover?: Prover | undefined;
}

/** The modes in which an app has its own refresh token. */
export type OwnMode = Exclude<Mode, { readonly mode: "cookie" }>;

export interface KeepingDeps<SomeMode extends Mode> {
  /** Tells the sessions of one place apart: client and server. */
  readonly name: string;
  /** Whose permissions are shown: the issuer's own. */
  readonly audience: string;
  readonly mode: SomeMode;
  /** Tells others who share the place that something in it has changed. */
  readonly tell: () => void;
  readonly warn: (warning: SessionWarning) => void;
  readonly world: ClientWorld;
}

/** In a cookie there is little to keep. What the other modes need is loaded by those who chose them. */
export function createKeeping(deps: KeepingDeps<Mode>): Keeping {
  const { name, audience, mode, tell, warn } = deps;
  if (mode.mode === "cookie") {
    const store = createCookieStore({ name, audience, notes: tellingNotes(sharedNotes(), tell), warn });
    return { store, lastKnown: store.lastKnown };
  }
  const own = making(
    () => import("./own-keeping.ts"),
    ({ createOwnKeeping }) => createOwnKeeping({ ...deps, mode }),
  );
  return {
    store: later(async () => (await own()).store),
    prover: mode.mode === "bound" ? later(async () => (await own()).prover) : undefined,
  };
}
