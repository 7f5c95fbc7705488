import { type AskDeps, createAsk } from "./ask.ts";
import { type Audiences, checkAudience } from "./audiences.ts";
import type { ClientWorld } from "./client-world.ts";
import { momentAt } from "./clock-skew.ts";
import { createCookieStore } from "./cookie-store.ts";
import { createDepartures } from "./departures.ts";
import { createEnding } from "./ending.ts";
import { ClientError } from "./errors.ts";
import { createEventSource } from "./event-source.ts";
import { createExclusive, type Exclusive } from "./exclusive.ts";
import { createHolder, lifeLeft } from "./holder.ts";
import type { Mode } from "./mode.ts";
import { createNeighbours, tellingNotes, tellingStorage } from "./neighbours.ts";
import { pageLocks, sharedNotes } from "./page.ts";
import { createProver } from "./prover.ts";
import { createRecovery } from "./recovery.ts";
import { startRenewingAhead } from "./renew-ahead.ts";
import { createRenewal } from "./renewal.ts";
import { createResuming } from "./resuming.ts";
import type { Session } from "./session.ts";
import { createSessionFetch } from "./session-fetch.ts";
import { createSessionLink } from "./session-link.ts";
import { tokenOf } from "./session-record.ts";
import type { SessionWarning } from "./session-state.ts";
import { createSessionStore } from "./session-store.ts";
import { createStarting } from "./starting.ts";
import { createStepUps } from "./step-up.ts";
import { createTurns } from "./storage-turns.ts";
import { createTokens } from "./tokens.ts";

export interface SessionDeps extends Omit<AskDeps, "mode"> {
  readonly mode: Mode;
  readonly audiences: Audiences;
  readonly world: ClientWorld;
}

interface Made {
  readonly session: Session;
  /** The thumbprint of the key that a session is bound to, in mode "bound". */
  readonly jkt: (() => Promise<string>) | undefined;
  /** Says what the app should know: `Session.onWarning`. */
  warn(warning: SessionWarning): void;
  /** Stops its timers. */
  dispose(): void;
}

/** What a renewal may take beyond its requests' timeout, in milliseconds: it is tried a few times. */
const RETRIES_MS = 15_000;

/** The session of one client. It begins to look for what is there at once. */
export function createSession(deps: SessionDeps): Made {
  const { url, audiences, timeout, world } = deps;
  const { client, mode } = deps.mode;
  const name = `${client}@${url.replace(/^.*?:\/\//, "")}`;
  const holder = createHolder(world, audiences.own);
  const neighbours = createNeighbours(`countersign.${name}`, () => void look());
  const { tell } = neighbours;
  const store =
    deps.mode.mode === "cookie"
      ? createCookieStore({
          name,
          audience: audiences.own,
          notes: tellingNotes(sharedNotes(), tell),
          warn: holder.warn,
        })
      : createSessionStore(name, createTurns(tellingStorage(deps.mode.storage, tell), world, holder.warn), holder.warn);
  const exclusive =
    mode !== "storage"
      ? createExclusive({ name: `countersign.${name}`, patience: timeout + RETRIES_MS, locks: pageLocks(), world })
      : atOnce;
  const prover = deps.mode.mode === "bound" ? createProver(deps.mode.key, world) : undefined;
  const ask = createAsk({ ...deps, mode, prover });
  const shared = { client, mode, holder, store, exclusive, ask, audiences, world };
  const settle = createEnding(shared);
  const start = createStarting({ ...shared, settle });
  const renewal = createRenewal(shared);
  const obtain = createTokens({ holder, renewal, world });
  const departures = createDepartures();
  const stopRenewing = startRenewingAhead({ holder, renewal, world });
  const resuming = createResuming({ holder, renewal, store, world });

  /** Who needs a token is told why there is none. */
  const tryRenewing = () => renewal.renew({ due: false }).catch(() => undefined);

  const loaded = (async () => {
    const found = await store.load();
    if (found.kind === "other") holder.hold(found.record, momentAt(found.record.askedAt, world), true);
    else if (found.kind !== "cookie") holder.release(false);
    // With tokens of long ago, whether it goes on is found out at once. Nothing waits for it.
    if (holder.held && lifeLeft(holder.held, world) <= 0) void tryRenewing();
    // What was signed out before ends now. Nothing waits for that either.
    void settle();
  })();
  const resumed = loaded.then(() => (holder.isUnknown ? resuming.resume() : undefined));
  const { fetch, askedWith, answers } = createSessionFetch({
    fetch: deps.fetch,
    loaded,
    holder,
    audiences,
    departures,
    obtain,
    prover,
  });
  const stepUps = createStepUps();
  const recovery = createRecovery({ holder, renewal, stepUps, prover, askedWith });

  const look = async () => {
    await loaded;
    if (holder.isUnknown) await resuming.resume();
    else {
      await renewal.look();
      if (holder.state.status === "offline") void tryRenewing();
    }
    if ((await store.buried()).length > 0) await settle();
  };

  const session: Session = {
    get state() {
      return holder.state;
    },
    async ready() {
      await resumed;
      return holder.state;
    },
    async start({ handoff }) {
      await loaded;
      await start(handoff);
    },
    async end() {
      await loaded;
      const { held, isUnknown } = holder;
      holder.release(true);
      if (held || isUnknown) await store.bury(held?.record);
      await settle();
    },
    async refresh() {
      await loaded;
      if (!holder.held && !holder.isUnknown) throw new ClientError("no_token");
      await renewal.renew({ due: false });
    },
    async accessToken(audience = audiences.own) {
      audiences.want(checkAudience("audience", audience));
      await loaded;
      const { token, failure } = await obtain(audience);
      if (failure !== undefined && (holder.held || holder.isUnknown)) throw failure;
      return failure === undefined ? token : undefined;
    },
    permissions(audience = audiences.own) {
      const token = holder.held && tokenOf(holder.held.record, audience);
      return token?.scope.split(" ").filter(Boolean);
    },
    subscribe: holder.onState,
    onAccountChange: holder.onAccount,
    onStepUp: stepUps.add,
    onWarning: holder.onWarning,
    fetch,
    EventSource: createEventSource({ fetch, answers, world }),
    link: () => createSessionLink({ recovery, departures, holder, world }),
  };
  const dispose = () => {
    stopRenewing();
    resuming.dispose();
    neighbours.dispose();
  };
  return { session: Object.freeze(session), jkt: prover?.jkt, warn: holder.warn, dispose };
}

/** Where several may renew at the same time: they find each other in storage, and the server answers all alike. */
const atOnce: Exclusive = (work) => work();
