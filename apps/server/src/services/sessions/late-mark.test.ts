import { systemWorld } from "@countersign/tokens";
import pg from "pg";
import { expect, test, vi } from "vitest";
import { databasesForTests } from "../testing/databases.ts";
import { openTestIssuer, SOMEBODY } from "../testing/test-issuer.ts";

const databases = databasesForTests();

test("server case 3: a mark of theft that is made while the session rotates is kept", async () => {
  const database = await databases.PostgreSQL();
  const issuer = await openTestIssuer({ database, world: systemWorld });
  const ann = await issuer.person("ann");
  const first = await issuer.services.sessions.refresh({ client: "cli", refreshToken: ann.refreshToken }, SOMEBODY);
  const client = new pg.Client(String("postgres" in database && database.postgres));
  await client.connect();
  // As if that had been a minute ago.
  await client.query("update countersign.sessions set gen_at = gen_at - 60000");

  // Somebody shows the one before, late: the mark is made, and not committed yet.
  await client.query("begin");
  await client.query("update countersign.sessions set minted_at = gen_at where gen = 1 and ended_at is null");
  await client.query(
    "update countersign.sessions set late = 1, streak = 1 where gen = 1 and late = 0 and ended_at is null",
  );
  // The owner rotates at this moment.
  const rotating = issuer.services.sessions.refresh(
    { client: "cli", refreshToken: first.refresh_token ?? "" },
    SOMEBODY,
  );
  const other = new pg.Client(String("postgres" in database && database.postgres));
  await other.connect();
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%minted_at%'";
  await vi.waitFor(async () => expect((await other.query(waiting)).rows.length).toBeGreaterThan(0));
  await client.query("commit");
  await rotating;
  const { rows } = await other.query("select gen, streak from countersign.sessions");
  expect(rows).toEqual([{ gen: 2, streak: 1 }]);
  await client.end();
  await other.end();
  await issuer.close();
});
