import { type AskDeps, createAsk } from "./ask.ts";
import { type Audiences, checkAudience } from "./audiences.ts";
import type { ClientWorld } from "./client-world.ts";
import { momentAt } from "./clock-skew.ts";
import { createDepartures } from "./departures.ts";
import { createEnding } from "./ending.ts";
import { ClientError } from "./errors.ts";
import { createHolder } from "./holder.ts";
import { createRecovery } from "./recovery.ts";
import { startRenewingAhead } from "./renew-ahead.ts";
import { createRenewal } from "./renewal.ts";
import type { Session } from "./session.ts";
import { createSessionFetch } from "./session-fetch.ts";
import { createSessionLink } from "./session-link.ts";
import { tokenOf } from "./session-record.ts";
import type { SessionWarning } from "./session-state.ts";
import { createSessionStore } from "./session-store.ts";
import { createStarting } from "./starting.ts";
import type { TokenStorage } from "./storage.ts";
import { createTurns } from "./storage-turns.ts";
import { createTokens } from "./tokens.ts";

export interface SessionDeps extends AskDeps {
  /** Id of this app. */
  readonly client: string;
  readonly storage: TokenStorage;
  readonly audiences: Audiences;
  readonly world: ClientWorld;
}

interface Made {
  readonly session: Session;
  /** Says what the app should know: `Session.onWarning`. */
  warn(warning: SessionWarning): void;
  /** Stops its timer. */
  dispose(): void;
}

/** The session of one client. It begins to read storage at once. */
export function createSession(deps: SessionDeps): Made {
  const { url, client, storage, audiences, world } = deps;
  const holder = createHolder(world, audiences.own);
  const store = createSessionStore(
    `${client}@${url.replace(/^.*?:\/\//, "")}`,
    createTurns(storage, world, holder.warn),
    holder.warn,
  );
  const shared = { client, holder, store, ask: createAsk(deps), audiences, world };
  const settle = createEnding(shared);
  const start = createStarting({ ...shared, settle });
  const renewal = createRenewal(shared);
  const obtain = createTokens({ holder, renewal, world });
  const departures = createDepartures();
  const dispose = startRenewingAhead({ holder, renewal, world });

  const loaded = (async () => {
    const found = await store.load();
    if (found.kind === "other") holder.hold(found.record, momentAt(found.record.askedAt, world), true);
    // What was signed out before ends now. Nothing waits for it.
    void settle();
  })();
  const ready = async () => {
    await loaded;
    return holder.state;
  };
  const { fetch, askedWith } = createSessionFetch({ fetch: deps.fetch, ready, holder, audiences, departures, obtain });
  const recovery = createRecovery({ holder, renewal, askedWith });

  const session: Session = {
    get state() {
      return holder.state;
    },
    ready,
    async start({ handoff }) {
      await loaded;
      await start(handoff);
    },
    async end() {
      await loaded;
      const { held } = holder;
      holder.release(true);
      if (held) await store.bury(held.record);
      await settle();
    },
    async refresh() {
      await loaded;
      if (!holder.held) throw new ClientError("no_token");
      await renewal.renew({ due: false });
    },
    async accessToken(audience = audiences.own) {
      audiences.want(checkAudience("audience", audience));
      await loaded;
      const { token, failure } = await obtain(audience);
      if (failure !== undefined && holder.held) throw failure;
      return failure === undefined ? token : undefined;
    },
    permissions(audience = audiences.own) {
      const token = holder.held && tokenOf(holder.held.record, audience);
      return token?.scope.split(" ").filter(Boolean);
    },
    subscribe: holder.onState,
    onAccountChange: holder.onAccount,
    onWarning: holder.onWarning,
    fetch,
    link: () => createSessionLink({ recovery, departures }),
  };
  return { session: Object.freeze(session), warn: holder.warn, dispose };
}
