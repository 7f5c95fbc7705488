import { DatabaseSync } from "node:sqlite";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { migratedPostgresDatabase } from "../testing/postgres.ts";
import { type GuardProcess, type IssuerProcess, openIssuerProcess, type Session } from "./testing/processes.ts";

const BOUND_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Longer than the slowest machine takes to hear of something. */
const PATIENCE = { timeout: 40_000 };

/** For one test, which waits for its processes most of the time and so runs beside others. */
async function openIssuer({ onTestFinished }: TestContext, ...how: Parameters<typeof openIssuerProcess>) {
  const issuer = await openIssuerProcess(...how);
  onTestFinished(() => issuer.close());
  return issuer;
}

const served = { status: 200 };
const unknown = { status: 503, reason: "revocation_unknown", retryAfter: expect.stringMatching(/^[1-9]\d*$/) };
const ended = { status: 401, reason: "session_ended" };
const until = (guard: GuardProcess, session: Session, verdict: object) =>
  vi.waitFor(async () => expect(await guard.call(session)).toMatchObject(verdict), PATIENCE);

/** Copies a session so often, as if its account had signed in on that many devices. */
function copySession({ database: file }: IssuerProcess, { id }: Session, copies: number): void {
  const database = new DatabaseSync(file);
  const columns = database
    .prepare("select name from pragma_table_info('sessions') where name <> 'id'")
    .all()
    .map(({ name }) => name)
    .join();
  database
    .prepare(
      `with recursive copy(n) as (select 1 union all select n + 1 from copy where n < ?)
       insert into sessions (id, ${columns}) select 'copy' || n, ${columns} from sessions, copy where id = ?`,
    )
    .run(copies, id);
  database.close();
}

describe.concurrent("issuer and API, each a process of its own", { timeout: 120_000 }, () => {
  test("server case 4: an API that started before its issuer answers 503, and serves once that is there", async (context) => {
    const issuer = await openIssuer(context);
    const ann = await issuer.signIn();
    await issuer.kill();
    const guard = await issuer.startGuard();
    expect(await guard.call(ann)).toMatchObject(unknown);
    await issuer.start();
    await until(guard, ann, served);
    await issuer.signOut(ann);
    await until(guard, ann, ended);
  });

  test("server case 12: while its issuer is killed for an hour, it serves for the stated bound, refuses, and serves again", async (context) => {
    const issuer = await openIssuer(context);
    const guard = await issuer.startGuard();
    const [ann, bob] = [await issuer.signIn(), await issuer.signIn()];
    await until(guard, ann, served);
    await issuer.signOut(bob);
    await until(guard, bob, ended);
    await issuer.kill();
    await guard.ahead(BOUND_MS / 2);
    expect(await guard.call(ann)).toMatchObject(served);
    await guard.ahead(BOUND_MS + 1);
    expect(await guard.call(ann)).toMatchObject(unknown);
    // What is known to be dead stays dead.
    expect(await guard.call(bob)).toMatchObject(ended);
    await guard.ahead(HOUR_MS);
    expect(await guard.call(ann)).toMatchObject(unknown);
    await issuer.start(HOUR_MS);
    await until(guard, await issuer.refresh(ann), served);
    expect(await guard.call(ann)).toMatchObject({ status: 401, reason: "token_expired" });
  });

  test("server case 4: where the way between them drops everything, a revoked token outlives the stated bound by nothing", async (context) => {
    const issuer = await openIssuer(context);
    const guard = await issuer.startGuard();
    const [ann, bob] = [await issuer.signIn(), await issuer.signIn()];
    await until(guard, ann, served);
    issuer.proxy.drop();
    await issuer.signOut(ann);
    await guard.ahead(BOUND_MS / 2);
    expect(await guard.call(ann)).toMatchObject(served);
    await guard.ahead(BOUND_MS + 1);
    for (const session of [ann, bob]) expect(await guard.call(session)).toMatchObject(unknown);
    await guard.ahead(0);
    issuer.proxy.heal();
    await until(guard, ann, ended);
    expect(await guard.call(bob)).toMatchObject(served);
  });

  test("server case 17: clocks five minutes apart are 503 clock_skew, and served again once they agree", async (context) => {
    const issuer = await openIssuer(context);
    const guard = await issuer.startGuard();
    const ann = await issuer.signIn();
    for (const ahead of [5 * 60_000, -5 * 60_000]) {
      await guard.ahead(ahead);
      await until(guard, ann, { status: 503, reason: "clock_skew", retryAfter: expect.stringMatching(/^[1-9]/) });
      await guard.ahead(0);
      await until(guard, ann, served);
    }
  });

  test("server case 4: 10 000 sessions that end at once are refused one and all, also where an API starts meanwhile", async (context) => {
    const issuer = await openIssuer(context);
    const guard = await issuer.startGuard();
    const many: Session[] = [];
    for (let n = 0; n < 5; n += 1) many.push(await issuer.signIn());
    const [first] = many;
    if (first) copySession(issuer, first, 10_000);
    for (const session of many) await until(guard, session, served);
    const ending = issuer.ask("users.endSessions", { id: first?.account });
    const late = issuer.startGuard();
    // Five, the administrator's own, and the copies.
    expect(await ending).toEqual({ ended: 10_006 });
    for (const api of [guard, await late]) for (const session of many) await until(api, session, ended);
    expect(await guard.call(await issuer.signIn())).toMatchObject(served);
  });
});

describe.concurrent("two instances over one PostgreSQL and an API, each a process of its own", {
  timeout: 120_000,
}, () => {
  const SKEW_MS = 5 * 60_000;

  test("server case 1, 4, 17: their clocks five minutes off, one each way, they answer alike, and the API hears of both", async (context) => {
    const issuer = await openIssuer(context, { DATABASE_URL: await migratedPostgresDatabase() }, -SKEW_MS);
    const [other, guard] = await Promise.all([issuer.another(SKEW_MS), issuer.startGuard()]);
    const ann = await issuer.signIn();
    await until(guard, ann, served);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? other : issuer).refresh(ann)),
    );
    expect(new Set(replies.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    const [renewed = ann] = replies;
    expect(await guard.call(renewed)).toMatchObject(served);
    // The API reads the feed of the one, and hears what the other ended.
    await other.signOut(renewed);
    for (const session of [ann, renewed]) await until(guard, session, ended);
    expect(await guard.call(await other.signIn())).toMatchObject(served);
  });
});
