import { createDepartures } from "./calls/departures.ts";
import { createRecovery } from "./calls/recovery.ts";
import { createSessionFetch } from "./calls/session-fetch.ts";
import { createSessionLink } from "./calls/session-link.ts";
import type { ClientWorld } from "./client-world.ts";
import { ClientError } from "./errors.ts";
import { createKeeping } from "./keeping/keeping.ts";
import type { Found } from "./keeping/session-store.ts";
import { making } from "./later.ts";
import type { Mode } from "./mode.ts";
import { pageLocks } from "./page.ts";
import { type AskDeps, createAsk } from "./renewal/ask.ts";
import { createEnding } from "./renewal/ending.ts";
import { startRenewingAhead } from "./renewal/renew-ahead.ts";
import { createRenewal } from "./renewal/renewal.ts";
import { createResuming } from "./renewal/resuming.ts";
import { createTokens } from "./renewal/tokens.ts";
import { type Audiences, checkAudience } from "./session/audiences.ts";
import { createHolder, lifeLeft } from "./session/holder.ts";
import type { Session } from "./session/session.ts";
import { permissionsOf } from "./session/session-record.ts";
import type { SessionWarning } from "./session/session-state.ts";
import { createStepUps } from "./session/step-up.ts";
import { untilDone } from "./session/until-done.ts";
import { createBeginning } from "./sign-in/beginning.ts";
import { loadSigningIn } from "./sign-in/load-signing-in.ts";
import { createEventSource } from "./streams/event-source.ts";
import { createExclusive, type Exclusive } from "./tabs/exclusive.ts";
import { createNeighbours } from "./tabs/neighbours.ts";

export interface SessionDeps extends Omit<AskDeps, "mode"> {
  readonly mode: Mode;
  readonly audiences: Audiences;
  readonly world: ClientWorld;
}

interface Made {
  readonly session: Session;
  /** Begins a sign-in. It ends with what is returned, unless somebody signs out before that. */
  begin(): Session["start"];
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
  const { store, lastKnown, prover } = createKeeping({
    name,
    audience: audiences.own,
    mode: deps.mode,
    tell,
    warn: holder.warn,
    world,
  });
  const exclusive =
    mode !== "storage"
      ? createExclusive({ name: `countersign.${name}`, patience: timeout + RETRIES_MS, locks: pageLocks(), world })
      : atOnce;
  const ask = createAsk({ ...deps, mode, prover });
  const shared = { client, mode, holder, store, exclusive, ask, audiences, world };
  const settle = createEnding(shared);
  const starting = making(loadSigningIn, ({ createStarting }) => createStarting({ ...shared, settle }));
  const renewal = createRenewal(shared);
  const obtain = createTokens({ holder, renewal, world });
  const departures = createDepartures(world);
  const stopRenewing = startRenewingAhead({ holder, renewal, world });

  /** Who needs a token is told why there is none. */
  const tryRenewing = () => renewal.renew({ due: false }).catch(() => undefined);

  const take = (found: Found) => {
    if (found.kind === "other") holder.adopt(found.record, true);
    else if (found.kind !== "cookie") holder.release(false);
    // With tokens of long ago, whether it goes on is found out at once. Nothing waits for it.
    if (holder.held && lifeLeft(holder.held, world) <= 0) void tryRenewing();
    // What was signed out before ends now. Nothing waits for that either.
    void settle();
  };
  const load = async () => {
    const { epoch } = holder;
    const found = await store.load((late) => {
      // From a keychain that waited for its owner. It counts unless somebody has signed in or out meanwhile.
      if (!holder.held && holder.epoch === epoch) take(late);
    });
    take(found);
  };
  const loaded = untilDone(load);
  const resuming = createResuming({ loaded, lastKnown, holder, renewal, world });
  const resumed = resuming.resume();
  const { fetch, askedWith, answers } = createSessionFetch({
    fetch: deps.fetch,
    loaded,
    holder,
    audiences,
    departures,
    obtain,
    prover,
  });
  const stepUps = createStepUps(holder);
  const recovery = createRecovery({ holder, renewal, stepUps, prover, askedWith });

  const look = async () => {
    if (holder.isUnknown) await resuming.resume();
    else {
      await renewal.look();
      if (holder.state.status === "offline") void tryRenewing();
    }
    if ((await store.buried().catch(() => [])).length > 0) await settle();
  };

  const signIns = createBeginning(async () => {
    await loaded();
    return await starting();
  });

  const session: Session = {
    get state() {
      return holder.state;
    },
    async ready() {
      await resumed;
      return holder.state;
    },
    start: (reply) => signIns.begin()(reply),
    async end() {
      signIns.end();
      await loaded();
      const { held, isUnknown } = holder;
      holder.release(true);
      if (held || isUnknown) await store.bury(held?.record);
      await settle();
    },
    async refresh() {
      await loaded();
      if (!holder.held && !holder.isUnknown) throw new ClientError("no_token");
      await renewal.renew({ due: false });
    },
    async accessToken(audience = audiences.own) {
      audiences.want(checkAudience("audience", audience));
      await loaded();
      const { token, failure } = await obtain(audience);
      if (failure !== undefined && (holder.held || holder.isUnknown)) throw failure;
      return failure === undefined ? token : undefined;
    },
    permissions(audience = audiences.own) {
      return holder.held && permissionsOf(holder.held.record, audience);
    },
    subscribe: holder.onState,
    onAccountChange: holder.onAccount,
    onStepUp: stepUps.add,
    onWarning: holder.onWarning,
    fetch,
    EventSource: createEventSource({ fetch, answers, holder, world }),
    link: () => createSessionLink({ recovery, departures, holder, world }),
  };
  const dispose = () => {
    stopRenewing();
    resuming.dispose();
    neighbours.dispose();
  };
  return { session: Object.freeze(session), begin: signIns.begin, jkt: prover?.jkt, warn: holder.warn, dispose };
}

/** Where several may renew at the same time: they find each other in storage, and the server answers all alike. */
const atOnce: Exclusive = (work) => work();
