import { type Reason, systemWorld } from "@countersign/tokens";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { IssuerOptions } from "../issuer-options.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { raiseAccount } from "./revocation/account-version.ts";
import { nextGeneration } from "./testing/next-generation.ts";
import { reasonOf } from "./testing/reason-of.ts";
import {
  ISSUER,
  NOTES,
  openTestIssuer,
  PASSWORD,
  type Person,
  SOMEBODY,
  TERMINAL,
  type TestIssuer,
} from "./testing/test-issuer.ts";
import { revoke, TestReader } from "./testing/test-reader.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

let url: string;
let one: TestIssuer;
let two: TestIssuer;
beforeEach(async () => {
  url = await postgres.url();
  [one, two] = await Promise.all([open(), open()]);
});
afterEach(() => Promise.all([one.close(), two.close()]));

const open = (skewMs = 0, given: Partial<IssuerOptions> = {}) =>
  openTestIssuer({
    ...given,
    database: { postgres: url },
    // A window that does not end while a test runs.
    limits: { accountFromAddress: { most: 10, windowMs: 1e13 } },
    world: { now: () => systemWorld.now() + skewMs, random: (bytes) => systemWorld.random(bytes) },
  });
const either = (index: number) => (index % 2 ? two : one);
const refresh = (issuer: TestIssuer, refreshToken = "", audiences?: readonly string[]) =>
  issuer.services.sessions.refresh({ client: "cli", refreshToken, audiences }, SOMEBODY);

describe("two instances over one PostgreSQL", () => {
  test("corpus 79: started at once, agree on keys, secrets and installation", async () => {
    const more = await Promise.all([open(), open(), open()]);
    const rings = [one, two, ...more].map(({ services }) =>
      services.keys
        .jwks()
        .keys.map(({ kid }) => kid)
        .sort(),
    );
    expect(new Set(rings.map((ring) => ring.join())).size).toBe(1);
    expect(rings[0]).toHaveLength(3);
    expect(await one.store.refreshSecrets.list()).toHaveLength(1);
    const ann = await one.person("ann");
    for (const issuer of more)
      await issuer.judge((await refresh(issuer, ann.refreshToken)).tokens[0]?.access_token ?? "");
    await Promise.all(more.map((issuer) => issuer.close()));
  });

  test("started at once with the same access declared, write it down once; and pushed to at once, do so too", async () => {
    const declaration = { audience: "https://files.example", permissions: ["files:read"] };
    const audiences = [{ ...declaration, roles: { filer: { permissions: ["files:read"] } } }];
    const more = await Promise.all(Array.from({ length: 4 }, () => open(0, { audiences })));
    const admin = await one.administrator();
    const next = { ...declaration, roles: { archivist: { permissions: ["files:read"] } } };
    const options = { prune: true, dryRun: false, emails: false };
    await Promise.all([one, two, ...more].map(({ services }) => services.access.push(next, options, admin.actor)));
    const written = await one.store.audit.list({ limit: 100, event: "access.pushed" });
    expect(written.filter(({ subject }) => subject === declaration.audience)).toHaveLength(2);
    const names = (await two.services.roles.list()).map(({ name }) => name);
    expect(names).toEqual(["administrator", "archivist", "member"]);
    await Promise.all(more.map((issuer) => issuer.close()));
  });

  test("corpus 65, server case 1: 100 parallel refreshes at both make one generation and one answer, for all audiences", async () => {
    const ann = await one.person("ann");
    const audiences = [ISSUER, NOTES];
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => refresh(either(index), ann.refreshToken, audiences)),
    );
    for (const { tokens } of replies) expect(tokens.map(({ audience }) => audience)).toEqual(audiences);
    expect(new Set(replies.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    expect(await one.store.sessions.byId(ann.reply.session)).toMatchObject({ gen: 1, endedAt: null });
    await refresh(two, replies[0]?.refresh_token);
  });

  test("corpus 21: a stolen token at both at once ends the session with one record", async () => {
    const ann = await one.person("ann");
    await refresh(one, ann.refreshToken);
    await nextGeneration(two.store, ann.reply.session);
    const reasons = await Promise.all(
      Array.from({ length: 20 }, (_, index) => reasonOf(refresh(either(index), ann.refreshToken))),
    );
    expect(new Set(reasons)).toEqual(new Set(["invalid_grant"]));
    expect(await one.store.audit.list({ limit: 10, event: "session.reuse" })).toHaveLength(1);
  });

  test("server case 3: rows of a backup that is older than a token end its session at both, once", async () => {
    const ann = await one.person("ann");
    const bob = await one.person("bob");
    const client = new pg.Client(url);
    await client.connect();
    await client.query("create table backup as select * from countersign.sessions");
    const first = await refresh(one, ann.refreshToken);
    const second = await refresh(two, first.refresh_token);
    await client.query(
      "begin; delete from countersign.sessions; insert into countersign.sessions select * from backup; commit",
    );
    await client.end();
    const reasons = await Promise.all([0, 1, 2, 3].map((n) => reasonOf(refresh(either(n), second.refresh_token))));
    expect(new Set(reasons)).toEqual(new Set(["invalid_grant"]));
    expect(await one.store.sessions.byId(ann.reply.session)).toMatchObject({ gen: 0, endCause: "refresh_ahead" });
    expect(await one.store.audit.list({ limit: 10, event: "session.refresh_ahead" })).toHaveLength(1);
    for (const token of [ann.accessToken, second.tokens[0]?.access_token ?? ""]) {
      await vi.waitFor(async () => {
        expect(await reasonOf(one.judge(token))).toBe("session_ended");
        expect(await reasonOf(two.judge(token))).toBe("session_ended");
      }, 2000);
    }
    await refresh(two, bob.refreshToken);
  });

  test("server case 4: what one revokes the other refuses within two seconds", async () => {
    const admin = await one.administrator();
    const [ann, bob, carl] = [await one.person("ann"), await one.person("bob"), await one.person("carl")];
    await Promise.all([ann, bob, carl, admin].map(({ accessToken }) => two.judge(accessToken)));
    await one.services.sessions.endOwn(ann.reply.session, ann.actor);
    await one.services.accounts.disable(bob.id, admin.actor);
    await vi.waitFor(async () => {
      expect(await reasonOf(two.judge(ann.accessToken))).toBe("session_ended");
      expect(await reasonOf(two.judge(bob.accessToken))).toBe("session_ended");
    }, 2000);
    await two.judge(carl.accessToken);
    expect(await reasonOf(refresh(two, bob.refreshToken))).toBe("invalid_grant");
  });

  test("server case 4: facts that both commit at once all reach a reader that drops and comes back, at either", async () => {
    const ids = Array.from({ length: 400 }, (_, n) => `account ${n}`);
    const reader = new TestReader();
    let over = false;
    const reading = (async () => {
      for (let turn = 0; !over || reader.known.size < ids.length; turn += 1) {
        const stream = await either(turn).services.feed.open(reader.lastId, () => true);
        let left = 1 + (turn % 4);
        await reader.read(stream.messages, () => {
          left -= 1;
          return left === 0 || reader.known.size === ids.length;
        });
        stream.end();
      }
    })();
    // Each takes its turn at the database in whatever order it gets there.
    await Promise.all(ids.map((id, index) => revoke(either(index), id)));
    over = true;
    await reading;
    expect([...reader.known].sort()).toEqual([...ids].sort());
    // It went on from where it was, and was not given everything again each time.
    const snapshots = reader.messages.filter(({ event }) => event === "snapshot");
    expect(snapshots).toHaveLength(1);
  });

  test("the feed of one hears of the other's commit without waiting for the second to be over", async () => {
    const stream = await two.services.feed.open(undefined, () => true);
    const messages = stream.messages[Symbol.asyncIterator]();
    await messages.next();
    const waits: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const coming = messages.next();
      await revoke(one, `account ${round}`);
      const committed = performance.now();
      expect((await coming).value).toMatchObject({ event: "facts" });
      waits.push(performance.now() - committed);
    }
    stream.end();
    // By the poll alone the middle one would be half a second.
    expect(waits.toSorted((a, b) => a - b)[5]).toBeLessThan(200);
  });

  test("a feed without a way to listen, in somebody's pool, still hears by the second", async () => {
    const pool = new pg.Pool({ connectionString: url });
    const pooled = await open(0, { database: { postgres: pool } });
    const stream = await pooled.services.feed.open(undefined, () => true);
    const reader = new TestReader();
    await revoke(one, "ann");
    await reader.read(stream.messages, () => reader.known.has("ann"));
    stream.end();
    await pooled.close();
    await pool.end();
  });

  test("the set-up link makes one administrator of 20 who redeem it at both", async () => {
    const secret = (await one.services.setUp.link())?.split("#")[1] ?? "";
    // Hashing may have no turn for so many: who is told so tries again.
    const redeem = async (index: number): Promise<Reason | undefined> => {
      const account = { secret, email: `admin${index}@example.com`, name: "Ada", password: PASSWORD };
      const reason = await reasonOf(either(index).services.setUp.redeem(account, TERMINAL, SOMEBODY));
      return reason === "busy" ? await redeem(index) : reason;
    };
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => redeem(index)));
    expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(outcomes.filter((reason) => reason === "invalid_code")).toHaveLength(19);
    expect(await one.store.roles.enabledHolders("administrator")).toBe(1);
  });

  test("corpus 26: a handoff is redeemed by one of 20 who try at both", async () => {
    const ann = await one.person("ann");
    const credentials = { email: ann.email, password: PASSWORD };
    const { handoff } = await one.services.signIn.run("password", credentials, TERMINAL, SOMEBODY);
    const start = (index: number) =>
      reasonOf(either(index).services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY));
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => start(index)));
    expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
    expect(await one.services.sessions.list(ann.id)).toHaveLength(2);
  });

  test("of two administrators who leave at once, each at one, one stays", async () => {
    const admin = await one.administrator();
    const ann = await one.person("ann");
    for (let round = 0; round < 5; round += 1) {
      for (const { id } of [admin, ann]) await one.store.roles.grant(id, "administrator");
      const outcomes = await Promise.all([
        reasonOf(one.services.roles.revoke(admin.id, "administrator", ann.actor)),
        reasonOf(two.services.accounts.disable(ann.id, admin.actor)),
      ]);
      expect(await one.store.roles.enabledHolders("administrator"), outcomes.join()).toBe(1);
      await one.store.accounts.setDisabled(ann.id, null);
    }
  });

  test("a session does not start past a change of password that is not committed yet", async () => {
    const ann = await one.person("ann");
    const credentials = { email: ann.email, password: PASSWORD };
    const { handoff } = await one.services.signIn.run("password", credentials, TERMINAL, SOMEBODY);
    const watch = new pg.Client(url);
    await watch.connect();
    const started = await two.store.transaction(async (tx) => {
      await tx.lock(`account:${ann.id}`);
      await tx.sessions.endAll(ann.id, await tx.now(), "password_changed");
      const start = reasonOf(one.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY));
      await vi.waitFor(async () => {
        const { rowCount } = await watch.query("select 1 from pg_locks where locktype = 'advisory' and not granted");
        expect(rowCount).toBe(1);
      });
      await raiseAccount(tx, ann.id);
      return { start };
    });
    expect(await started.start).toBe("invalid_grant");
    expect(await one.services.sessions.list(ann.id)).toEqual([]);
    await watch.end();
  });

  describe("a refresh that has read its session", () => {
    /** Has the next transaction of an instance wait for this, right after it has read a session. */
    const afterReading = ({ store }: TestIssuer, meanwhile: () => Promise<void>) => {
      const { transaction } = store;
      vi.spyOn(store, "transaction").mockImplementationOnce((work) =>
        transaction((tx) => {
          const byId = async (id: string) => {
            const session = await tx.sessions.byId(id);
            await meanwhile();
            return session;
          };
          return work({ ...tx, sessions: { ...tx.sessions, byId } });
        }),
      );
    };
    const change = { current: PASSWORD, next: "quite another passphrase" };
    const endings: Readonly<Record<string, (ann: Person, admin: Person) => Promise<void>>> = {
      "a change of password": (ann) => two.services.accounts.changePassword(change, ann.actor),
      "disabling and enabling": async (ann, admin) => {
        await two.services.accounts.disable(ann.id, admin.actor);
        await two.services.accounts.enable(ann.id, admin.actor);
      },
      removal: (ann, admin) => two.services.accounts.remove(ann.id, admin.actor),
    };
    const tokens = ["newest", "one before"] as const;

    test.each(Object.keys(endings).flatMap((ending) => tokens.map((token) => ({ ending, token }))))(
      "with the $token token answers nothing past $ending",
      async ({ ending, token }) => {
        const [admin, ann] = [await one.administrator(), await one.person("ann")];
        const phone = await one.signIn(ann.email);
        const { refresh_token } = await refresh(one, phone.refreshToken);
        let met = 0;
        afterReading(one, async () => {
          met += 1;
          await endings[ending]?.(ann, admin);
        });
        const presented = token === "newest" ? refresh_token : phone.refreshToken;
        expect(await reasonOf(refresh(one, presented))).toBe("invalid_grant");
        expect(met).toBe(1);
      },
    );
  });

  test("server case 6: rotated by both at once, and looked after by both at once, has one key that signs", async () => {
    const admin = await one.administrator();
    const before = await one.signIn(admin.email);
    const database = new pg.Client({ connectionString: url });
    await database.connect();
    const hourPasses = () =>
      database.query("update countersign.signing_keys set published_at = published_at - 3600000");
    await hourPasses();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => either(index).services.keyRotation.rotate(admin.actor)),
    );
    // Two successors were ready, and each was taken once.
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    await hourPasses();
    await database.query("update countersign.signing_keys set activated_at = 1 where activated_at is not null");
    await Promise.all(Array.from({ length: 6 }, (_, index) => either(index).services.keyRotation.advance()));
    await Promise.all([one.services.keys.reload(), two.services.keys.reload()]);
    const [ours, theirs] = [one, two].map(({ services }) => services.keys.ring());
    expect(ours).toEqual(theirs);
    expect(ours?.map(({ status }) => status).sort()).toEqual([
      "current",
      "next",
      "next",
      "previous",
      "previous",
      "previous",
    ]);
    for (const issuer of [one, two]) {
      await issuer.judge(before.accessToken);
      await issuer.judge((await issuer.signIn(admin.email)).accessToken);
    }
    await database.end();
  });

  test("server case 8: limits of both count together", async () => {
    const ann = await one.person("ann");
    const attempt = (index: number) => {
      const credentials = { email: ann.email, password: "wrong" };
      return reasonOf(either(index).services.signIn.run("password", credentials, TERMINAL, SOMEBODY));
    };
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => attempt(index)));
    expect(outcomes.filter((reason) => reason === "rate_limited")).toHaveLength(10);
  });

  test("server case 17: clocks that are five minutes wrong, one each way, change nothing", async () => {
    const [early, late] = await Promise.all([open(-300_000), open(300_000)]);
    const ann = await early.person("ann");
    const fromLate = await refresh(late, ann.refreshToken);
    for (const issuer of [one, early, late]) {
      await issuer.judge(ann.accessToken);
      await issuer.judge(fromLate.tokens[0]?.access_token ?? "");
    }
    // The grace of a lost reply is counted by one clock as well: neither is it over at once, nor does it never end.
    for (const issuer of [early, late]) {
      expect((await refresh(issuer, ann.refreshToken)).refresh_token).toBe(fromLate.refresh_token);
    }
    expect(await one.store.sessions.byId(ann.reply.session)).toMatchObject({ gen: 1, late: false });
    await late.services.sessions.endOwn(ann.reply.session, ann.actor);
    await vi.waitFor(async () => expect(await reasonOf(early.judge(ann.accessToken))).toBe("session_ended"), 2000);
    await Promise.all([early.close(), late.close()]);
  });

  test("server case 17: go on beside a newer release that has added to every table; of the release before none is started anew", {
    timeout: 90_000,
  }, async () => {
    const admin = await one.administrator();
    const ann = await one.person("ann");
    const client = new pg.Client(url);
    await client.connect();
    const tables = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'countersign' and tablename not like 'countersign%'",
    );
    await client.query("begin");
    for (const { name } of tables.rows) {
      await client.query(
        `alter table countersign.${name} add column later text, add column zero integer not null default 0`,
      );
    }
    await client.query("create table countersign.later (id text primary key)");
    await client.query("insert into countersign.countersign_migrations values ('9999-later', '2100-01-01')");
    await client.query("commit");
    await client.end();

    const next = await refresh(one, ann.refreshToken);
    await two.judge(next.tokens[0]?.access_token ?? "");
    const bob = await two.person("bob");
    await one.services.servicePrincipals.create({ name: "job", permissions: [] }, admin.actor);
    await one.services.roles.grant(bob.id, "member", admin.actor);
    await one.services.accounts.disable(bob.id, admin.actor);
    await vi.waitFor(async () => expect(await reasonOf(two.judge(bob.accessToken))).toBe("session_ended"), 2000);
    await one.services.keyRotation.advance();
    await vi.waitFor(async () => expect(await one.store.auditChain.unsealed(1)).toEqual([]), 5000);
    expect(await one.services.audit.list({ limit: 1, event: "account.disabled" })).toMatchObject([{ subject: bob.id }]);
    await expect(open()).rejects.toMatchObject({
      reason: "unavailable",
      detail: "a newer release has changed the database, start that one",
    });
    await refresh(two, next.refresh_token);
  });

  test("corpus 77: over a pool of one connection, which is somebody else's, nothing waits for itself", async () => {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    pool.on("error", () => {}); // its server is stopped by the next test, perhaps before its last connection has ended
    const own = await openTestIssuer({ database: { postgres: pool, schema: "beside" } });
    const people = await Promise.all(["ann", "bob", "carl"].map((name) => own.person(name)));
    const signIns = people.flatMap(({ email }) => [own.signIn(email), own.signIn(email)]);
    const refreshes = people.flatMap(({ refreshToken }) => [refresh(own, refreshToken), refresh(own, refreshToken)]);
    await Promise.all([...signIns, ...refreshes, pool.query("select 1")]);
    const ended = await Promise.all(people.map(({ actor }) => own.services.sessions.endOthers(actor)));
    expect(ended).toEqual([2, 2, 2]);
    expect(await one.store.accounts.list({ limit: 10 })).toEqual([]);
    await own.close();
    expect((await pool.query("select count(*)::int as accounts from beside.accounts")).rows).toEqual([{ accounts: 3 }]);
    await pool.end();
  });

  test("without its database answers unavailable, goes on judging, and has lost nothing afterwards", async () => {
    const ann = await one.person("ann");
    const { refresh_token } = await refresh(one, ann.refreshToken);
    await postgres.halt();
    expect(await reasonOf(refresh(one, refresh_token))).toBe("unavailable");
    expect(await reasonOf(one.services.health.ready())).toBe("unavailable");
    expect(await reasonOf(one.signIn(ann.email))).toBe("unavailable");
    await one.judge(ann.accessToken);
    await postgres.resume();
    await vi.waitFor(() => one.services.health.ready(), 10_000);
    await refresh(one, refresh_token);
    await refresh(two, refresh_token);
    await one.signIn(ann.email);
  });
});
