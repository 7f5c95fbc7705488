import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "@countersign/tokens";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { IssuerOptions } from "../issuer-options.ts";
import { startPostgres, type TestPostgres } from "../testing/postgres.ts";
import { nextGeneration } from "./testing/next-generation.ts";
import { openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "./testing/test-issuer.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const databases: Readonly<Record<string, () => Promise<IssuerOptions["database"]>>> = {
  SQLite: async () => ({ sqlite: join(mkdtempSync(join(tmpdir(), "countersign-")), "race.db") }),
  PostgreSQL: async () => ({ postgres: await postgres.url() }),
};

describe.each(Object.keys(databases))("client case 11: a refresh that others overtake on its way, over %s", (kind) => {
  let issuer: TestIssuer;
  let ann: Person;
  beforeEach(async () => {
    const database = await databases[kind]?.();
    issuer = await openTestIssuer({ ...(database && { database }), world: systemWorld });
    ann = await issuer.person("ann");
  });
  afterEach(() => issuer.close());

  const refresh = async (refreshToken: string) => {
    const request = { client: "cli", refreshToken };
    return (await issuer.services.sessions.refresh(request, SOMEBODY)).refresh_token ?? "";
  };
  const row = () => issuer.store.sessions.byId(ann.reply.session);

  test("is answered with the newest token, which two of them have had within ten seconds", async () => {
    const newest = await refresh(ann.refreshToken);
    expect(await refresh(newest)).toBe(newest);
    expect(await refresh(ann.refreshToken)).toBe(newest);
    expect(await row()).toMatchObject({ gen: 1, late: false, streak: 0, endedAt: null });
  });

  test("and that all come at once is answered like them, whatever each of them carries", async () => {
    const newest = await refresh(ann.refreshToken);
    const all = Array.from({ length: 20 }, (_, index) => refresh(index % 2 ? newest : ann.refreshToken));
    expect(new Set(await Promise.all(all))).toEqual(new Set([newest]));
    expect(await row()).toMatchObject({ gen: 1, endedAt: null });
  });

  test("has access tokens that are new, with what is granted by now", async () => {
    const newest = await refresh(ann.refreshToken);
    const { sessions } = issuer.services;
    const again = await sessions.refresh({ client: "cli", refreshToken: newest }, SOMEBODY);
    await issuer.judge(again.tokens[0]?.access_token ?? "");
    expect(again.tokens[0]?.access_token).not.toBe(ann.accessToken);
  });

  test("is no second chance: after two generations, each of which had its time, it is reuse", async () => {
    for (let generation = 0; generation < 2; generation += 1) await nextGeneration(issuer.store, ann.reply.session);
    await expect(refresh(ann.refreshToken)).rejects.toMatchObject({ reason: "invalid_grant" });
    expect(await row()).toMatchObject({ gen: 2, endCause: "reuse" });
  });
});
